// One service's identity and its rights.
param service string
param database string
param identityName string
param namespaceName string
param hubName string
param cosmosName string
@description('Id of the role that reads the metadata of the account; empty if the rights on the database are enough.')
param metadataRoleId string
param storageName string
param checkpointContainer string
@description('Id of the role from checkpoint-role.bicep.')
param checkpointRoleId string
param registryName string
@description('Rights on its own consumer group and checkpoints only; otherwise on the hub and the container.')
param narrow bool
param location string
param tags object

var eventHubsDataReceiver = 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
var eventHubsDataSender = '2b629674-e913-4c01-ae53-ef4638d8f975'
var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

// Allows reads, and writes of blobs under NAMESPACE/HUB/GROUP/. It names every action of the role that changes something.
var blobAction = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var ownPrefix = '*/${hubName}/${service}/*'
var ownCheckpointsOnly = '((!(ActionMatches{\'${blobAction}/write\'}) AND !(ActionMatches{\'${blobAction}/add/action\'})) OR (@Resource[${blobAction}:path] StringLike \'${ownPrefix}\'))'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
  tags: tags
}

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = {
  parent: namespace
  name: hubName
}

resource ownGroup 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' existing = {
  parent: hub
  name: service
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: cosmosName
}

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: storage
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: checkpointContainer
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource mayReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (narrow) {
  name: guid(ownGroup.id, identityName, eventHubsDataReceiver)
  scope: ownGroup
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventHubsDataReceiver)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource mayReceiveWidely 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!narrow) {
  name: guid(hub.id, identityName, eventHubsDataReceiver)
  scope: hub
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventHubsDataReceiver)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource maySend 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, identityName, eventHubsDataSender)
  scope: hub
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventHubsDataSender)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource mayCheckpoint 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(container.id, identityName, checkpointRoleId)
  scope: container
  properties: {
    roleDefinitionId: checkpointRoleId
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    condition: narrow ? ownCheckpointsOnly : null
    conditionVersion: narrow ? '2.0' : null
  }
}

resource mayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identityName, acrPull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource mayStore 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: cosmos
  name: guid(cosmos.id, database, identityName, cosmosDataContributor)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    principalId: identity.properties.principalId
    scope: '${cosmos.id}/dbs/${database}'
  }
}

resource mayReadAccount 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = if (!empty(metadataRoleId)) {
  parent: cosmos
  name: guid(cosmos.id, identityName, metadataRoleId)
  properties: {
    roleDefinitionId: metadataRoleId
    principalId: identity.properties.principalId
    scope: cosmos.id
  }
  dependsOn: [mayStore]
}

output identityName string = identity.name
