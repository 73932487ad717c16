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

// A deleted container can be restored for as long as prod's hub keeps events: an older checkpoint says nothing. Blobs have
// neither soft delete nor versions, as Event Hubs recommends for a checkpoint store: a new version at each rewrite of a
// checkpoint would slow the next one.
// https://learn.microsoft.com/azure/event-hubs/event-processor-balance-partition-load#checkpoint
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: false
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
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
