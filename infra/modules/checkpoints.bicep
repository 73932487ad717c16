// The store of checkpoints and partition ownership: small blobs whose metadata is rewritten all the time.
param accountName string
param containerName string
param sku string
param isPrivate bool
param ipRanges array
param workspaceId string
param location string
param tags object

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  // checkov:skip=CKV_AZURE_35: denied in prod; dev has no network, and every request needs an identity
  // checkov:skip=CKV_AZURE_206: zone redundant in prod, local in dev, by the parameter sku
  // checkov:skip=CKV_AZURE_43: the name is st, perhaps cap, and the thirteen letters and digits of uniqueString
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: (!isPrivate || !empty(ipRanges)) ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      ipRules: [for block in (isPrivate ? ipRanges : []): {
        value: block
        action: 'Allow'
      }]
    }
  }
}

// No soft delete, no versions: each rewrite would leave a copy behind, and slow the next one. Nothing here needs
// to be restored: after a lost checkpoint, events are delivered again.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: false
    }
    containerDeleteRetentionPolicy: {
      enabled: false
    }
    isVersioningEnabled: false
    changeFeed: {
      enabled: false
    }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: containerName
  properties: {
    publicAccess: 'None'
  }
}

// Deletes only: reads and writes are several per second, all day.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

output accountId string = account.id
output accountName string = account.name
output accountUrl string = account.properties.primaryEndpoints.blob
