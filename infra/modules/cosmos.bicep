// The account, and in it a database per service.
param name string
param services array
@description('Most request units per second of each database, by its name.')
param requestUnits object
param zoneRedundant bool
param secondaryLocation string
param backupTier string
param isPrivate bool
param ipRanges array
param workspaceId string
param location string
param tags object

var primary = [
  {
    locationName: location
    failoverPriority: 0
    isZoneRedundant: zoneRedundant
  }
]
var secondary = empty(secondaryLocation) ? [] : [
  {
    locationName: secondaryLocation
    failoverPriority: 1
    isZoneRedundant: zoneRedundant
  }
]

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  // checkov:skip=CKV_AZURE_101: disabled in prod, unless ranges are named; dev has no network, and every request needs an identity
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    locations: concat(primary, secondary)
    enableAutomaticFailover: !empty(secondaryLocation)
    // One region writes: ETags and creates that conflict decide between two owners of a partition, and they must be
    // decided in one place.
    enableMultipleWriteLocations: false
    consistencyPolicy: {
      defaultConsistencyLevel: 'Session'
    }
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: backupTier
      }
    }
    publicNetworkAccess: (!isPrivate || !empty(ipRanges)) ? 'Enabled' : 'Disabled'
    networkAclBypass: 'None'
    ipRules: [for block in (isPrivate ? ipRanges : []): {
      ipAddressOrRange: block
    }]
  }
}

@batchSize(1)
module databases 'cosmos-database.bicep' = [for service in services: {
  name: 'database-${service.database}'
  params: {
    accountName: account.name
    name: service.database
    containers: service.containers
    maxRequestUnits: requestUnits[service.database]
    tags: tags
  }
}]

// Not the data plane's requests: there are several for every order.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        category: 'ControlPlaneRequests'
        enabled: true
      }
      {
        category: 'PartitionKeyRUConsumption'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output accountId string = account.id
output accountName string = account.name
output endpoint string = account.properties.documentEndpoint
