// The namespace and the hub of all services.
param name string
param hubName string
param partitionCount int
param services array
param consoleGroup string
param throughputUnits int
param maxThroughputUnits int
param retentionHours int
param isPrivate bool
param ipRanges array
param captureAccountId string
param captureContainer string
param captureIdentityId string
param workspaceId string
param location string
param tags object

var hasCapture = !empty(captureAccountId)
var isPublic = !isPrivate || !empty(ipRanges)
var publicAccess = isPublic ? 'Enabled' : 'Disabled'

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  // Standard is the smallest tier that has five consumer groups, 32 partitions and private endpoints.
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: throughputUnits
  }
  identity: hasCapture ? {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${captureIdentityId}': {}
    }
  } : null
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicAccess
    isAutoInflateEnabled: true
    maximumThroughputUnits: maxThroughputUnits
  }
}

resource firewall 'Microsoft.EventHub/namespaces/networkRuleSets@2024-01-01' = if (isPrivate) {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: publicAccess
    defaultAction: 'Deny'
    ipRules: [for block in ipRanges: {
      ipMask: block
      action: 'Allow'
    }]
    trustedServiceAccessEnabled: true
  }
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: hubName
  properties: {
    partitionCount: partitionCount
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionHours
    }
    captureDescription: hasCapture ? {
      enabled: true
      encoding: 'Avro'
      intervalInSeconds: 300
      sizeLimitInBytes: 314572800
      skipEmptyArchives: true
      destination: {
        name: 'EventHubArchive.AzureBlockBlob'
        identity: {
          type: 'UserAssigned'
          userAssignedIdentity: captureIdentityId
        }
        properties: {
          storageAccountResourceId: captureAccountId
          blobContainer: captureContainer
          archiveNameFormat: '{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}'
        }
      }
    } : null
  }
}

@batchSize(1)
resource groups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [for service in services: {
  parent: hub
  name: service.name
}]

resource console 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: hub
  name: consoleGroup
  dependsOn: [groups]
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
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

output namespaceId string = namespace.id
output namespaceName string = namespace.name
output fullyQualifiedName string = split(split(namespace.properties.serviceBusEndpoint, '//')[1], ':')[0]
