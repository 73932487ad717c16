// The identity of the console and its rights: to read everything, to write its own database, and what actions need.
@description('Whether there is a console. Without one, the identity may only pull the image.')
param runs bool
@description('Whether its page may redrive and discard dead letters.')
param acts bool
param identityName string
param namespaceName string
@description('Every hub. It looks at all of them, and compares what each service has read with what there is.')
param hubs array
@description('The hub for requests to redrive.')
param requestsHub string
param cosmosName string
@description('Its own database.')
param database string
@description('The databases of those who run, and in the same order the containers of their records.')
param databases array
param records array
@description('Id of the role that reads the metadata of the account; empty if the rights on the databases are enough.')
param metadataRoleId string
param storageName string
param checkpointContainer string
param registryName string
param location string
param tags object

var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'
var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var cosmosDataReader = '00000000-0000-0000-0000-000000000001'
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'
var readFrom = runs ? databases : []
var actsOn = (runs && acts) ? databases : []

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
  tags: tags
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

// On whole hubs: it asks each for its partitions, and may send to none (see service-access.bicep).
module onHubs 'hub-access.bicep' = if (runs) {
  name: 'on-hubs-console'
  params: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    key: identityName
    namespaceName: namespaceName
    sendTo: acts ? [requestsHub] : []
    receiveFrom: hubs
  }
}

resource mayReadCheckpoints 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (runs) {
  name: guid(container.id, identityName, blobDataReader)
  scope: container
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
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

// One after the other, here and below: Cosmos DB refuses role assignments that are made at the same time.
resource mayStore 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = if (runs) {
  parent: cosmos
  name: guid(cosmos.id, database, identityName, cosmosDataContributor)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    principalId: identity.properties.principalId
    scope: '${cosmos.id}/dbs/${database}'
  }
}

@batchSize(1)
resource mayRead 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = [for one in readFrom: {
  parent: cosmos
  name: guid(cosmos.id, one, identityName, cosmosDataReader)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataReader}'
    principalId: identity.properties.principalId
    scope: '${cosmos.id}/dbs/${one}'
  }
  dependsOn: [mayStore]
}]

// To discard closes the dead letter, and unblocks its saga in the record. Ledgers and stock stay out of reach.
@batchSize(1)
resource mayCloseLetters 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = [for one in actsOn: {
  parent: cosmos
  name: guid(cosmos.id, one, 'dead-letters', identityName, cosmosDataContributor)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    principalId: identity.properties.principalId
    scope: '${cosmos.id}/dbs/${one}/colls/dead-letters'
  }
  dependsOn: [mayRead]
}]

@batchSize(1)
resource mayUnblock 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = [for (one, i) in actsOn: {
  parent: cosmos
  name: guid(cosmos.id, one, records[i], identityName, cosmosDataContributor)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    principalId: identity.properties.principalId
    scope: '${cosmos.id}/dbs/${one}/colls/${records[i]}'
  }
  dependsOn: [mayCloseLetters]
}]

resource mayReadAccount 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = if (!empty(metadataRoleId)) {
  parent: cosmos
  name: guid(cosmos.id, identityName, metadataRoleId)
  properties: {
    roleDefinitionId: metadataRoleId
    principalId: identity.properties.principalId
    scope: cosmos.id
  }
  dependsOn: [mayUnblock]
}

output identityName string = identity.name
output principalId string = identity.properties.principalId
