// The namespace, and the hubs of the layout: who reads which of them is in hubs.json.
param name string
param hubs array
param partitionCount int
param consoleGroup string
param orchestratorGroup string
@description('The hubs that the orchestrator reads; none if it does not run.')
param orchestratorHubs array
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
  // Standard is the smallest tier that has five consumer groups, 32 partitions and private endpoints. It has ten hubs.
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

// One after the other: a namespace refuses changes that are made at the same time.
@batchSize(1)
module each 'event-hub.bicep' = [for hub in hubs: {
  name: 'event-hub-${hub.name}'
  params: {
    namespaceName: namespace.name
    hubName: hub.name
    partitionCount: partitionCount
    readers: contains(orchestratorHubs, hub.name) ? concat(hub.readers, [orchestratorGroup]) : hub.readers
    consoleGroup: consoleGroup
    retentionHours: retentionHours
    captureAccountId: captureAccountId
    captureContainer: captureContainer
    captureIdentityId: captureIdentityId
  }
}]

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
