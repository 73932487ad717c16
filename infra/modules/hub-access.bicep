// The rights of one service, operator or front end on hubs: to send to some, and to receive from some.
param principalId string
param principalType string
@description('What the names of its rights are made from. The object id of a new identity is not known early enough.')
param key string
param namespaceName string
param sendTo array
@description('The hubs from which it may receive with every consumer group.')
param receiveFrom array
@description('The hubs from which it may receive with its own consumer group only.')
param receiveNarrowlyFrom array = []
param consumerGroup string = '$Default'

var eventHubsDataReceiver = 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
var eventHubsDataSender = '2b629674-e913-4c01-ae53-ef4638d8f975'

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource sentTo 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = [for hub in sendTo: {
  parent: namespace
  name: hub
}]

resource receivedFrom 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = [for hub in receiveFrom: {
  parent: namespace
  name: hub
}]

resource narrowlyFrom 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = [for hub in receiveNarrowlyFrom: {
  parent: namespace
  name: hub
}]

resource ownGroups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' existing = [for (hub, i) in receiveNarrowlyFrom: {
  parent: narrowlyFrom[i]
  name: consumerGroup
}]

resource maySend 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (hub, i) in sendTo: {
  name: guid(sentTo[i].id, key, eventHubsDataSender)
  scope: sentTo[i]
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventHubsDataSender)
    principalId: principalId
    principalType: principalType
  }
}]

resource mayReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (hub, i) in receiveNarrowlyFrom: {
  name: guid(ownGroups[i].id, key, eventHubsDataReceiver)
  scope: ownGroups[i]
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventHubsDataReceiver)
    principalId: principalId
    principalType: principalType
  }
}]

resource mayReceiveWidely 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (hub, i) in receiveFrom: {
  name: guid(receivedFrom[i].id, key, eventHubsDataReceiver)
  scope: receivedFrom[i]
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventHubsDataReceiver)
    principalId: principalId
    principalType: principalType
  }
}]
