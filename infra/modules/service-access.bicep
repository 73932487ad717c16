// One service's identity and its rights.
param service string
@description('The databases in which it stores. More than one only for the orchestrator.')
param databases array
param identityName string
param namespaceName string
@description('The hub on which it says its events; none for a service that does not run.')
param sendTo array
@description('The hubs by which something comes in that it hears.')
param receiveFrom array
@description('Those of them to which it does not send.')
param onlyReceiveFrom array
param cosmosName string
@description('Id of the role that reads the metadata of the account; empty if the rights on the database are enough.')
param metadataRoleId string
param storageName string
param checkpointContainer string
@description('Id of the role from checkpoint-role.bicep.')
param checkpointRoleId string
param registryName string
param insightsName string
@description('Whether it reports traces and metrics there.')
param reports bool
@description('Rights on its own consumer groups, where it can be, and checkpoints only; otherwise on the hubs and the container.')
param narrow bool
param location string
param tags object

var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

// Allows reads, and writes of blobs under NAMESPACE/HUB/GROUP/ of a hub that it reads. It names every action of the role
// that changes something.
var blobAction = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var orAnother = '/${service}/*\' OR @Resource[${blobAction}:path] StringLike \'*/'
var readHubs = join(receiveFrom, orAnother)
var isOwn = '@Resource[${blobAction}:path] StringLike \'*/${readHubs}/${service}/*\''
var ownCheckpointsOnly = '((!(ActionMatches{\'${blobAction}/write\'}) AND !(ActionMatches{\'${blobAction}/add/action\'})) OR (${isOwn}))'

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

// The SDK and the scaler ask a hub for its partitions, which takes a right on the whole hub. Where the service may send,
// that is the right to send; a hub that it only reads, it must be allowed to read as a whole.
module onHubs 'hub-access.bicep' = {
  name: 'on-hubs-${service}'
  params: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    key: identityName
    namespaceName: namespaceName
    sendTo: sendTo
    receiveFrom: narrow ? onlyReceiveFrom : receiveFrom
    receiveNarrowlyFrom: narrow ? intersection(receiveFrom, sendTo) : []
    consumerGroup: service
  }
}

resource mayCheckpoint 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(receiveFrom)) {
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

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// Traces too, in spite of its name. It reads nothing.
resource mayReport 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (reports) {
  name: guid(insights.id, identityName, monitoringMetricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

@batchSize(1)
resource mayStore 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = [for database in databases: {
  parent: cosmos
  name: guid(cosmos.id, database, identityName, cosmosDataContributor)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    principalId: identity.properties.principalId
    scope: '${cosmos.id}/dbs/${database}'
  }
}]

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
output principalId string = identity.properties.principalId
