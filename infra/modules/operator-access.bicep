// The rights of the person or pipeline that runs the quartet command: place and follow orders, seed, audit, redrive.
param principalId string
param principalType string
param namespaceName string
@description('The hubs for its requests, and for the orders that it places.')
param sendTo array
@description('Every hub.')
param receiveFrom array
param cosmosName string
param storageName string
param registryName string
param insightsName string

var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var acrPush = '8311e382-0749-4cb8-b61a-304f252e45ec'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: cosmosName
}

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// Of every group: the command compares what each service has read with what there is.
module onHubs 'hub-access.bicep' = {
  name: 'on-hubs-operator'
  params: {
    principalId: principalId
    principalType: principalType
    key: principalId
    namespaceName: namespaceName
    sendTo: sendTo
    receiveFrom: receiveFrom
  }
}

resource onCheckpoints 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, blobDataReader)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
    principalId: principalId
    principalType: principalType
  }
}

resource onRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, principalId, acrPush)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPush)
    principalId: principalId
    principalType: principalType
  }
}

// For quartet trace. Who reads what is there is a matter of the subscription's own roles.
resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, monitoringMetricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: principalId
    principalType: principalType
  }
}

resource onCosmos 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: cosmos
  name: guid(cosmos.id, principalId, cosmosDataContributor)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    principalId: principalId
    scope: cosmos.id
  }
}
