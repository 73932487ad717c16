// The private endpoints of the servers, and their DNS names.
param namePrefix string
param networkId string
param subnetId string
param namespaceId string
param cosmosId string
param storageId string
param registryId string
@description('The Durable Task Scheduler; empty if there is none.')
param schedulerId string
param location string
param tags object

var always = [
  {
    name: 'event-hubs'
    id: namespaceId
    groupId: 'namespace'
    zone: 'privatelink.servicebus.windows.net'
  }
  {
    name: 'cosmos'
    id: cosmosId
    groupId: 'Sql'
    zone: 'privatelink.documents.azure.com'
  }
  {
    name: 'checkpoints'
    id: storageId
    groupId: 'blob'
    zone: 'privatelink.blob.${environment().suffixes.storage}'
  }
  {
    name: 'registry'
    id: registryId
    groupId: 'registry'
    zone: 'privatelink${environment().suffixes.acrLoginServer}'
  }
]
// https://learn.microsoft.com/azure/durable-task/scheduler/durable-task-scheduler-private-endpoints
var ofSagas = [
  {
    name: 'scheduler'
    id: schedulerId
    groupId: 'scheduler'
    zone: 'privatelink.durabletask.io'
  }
]
var servers = empty(schedulerId) ? always : concat(always, ofSagas)

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for server in servers: {
  name: server.zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (server, i) in servers: {
  parent: zones[i]
  name: 'link'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for server in servers: {
  name: '${namePrefix}${server.name}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: server.name
        properties: {
          privateLinkServiceId: server.id
          groupIds: [server.groupId]
        }
      }
    ]
  }
}]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (server, i) in servers: {
  parent: endpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: server.groupId
        properties: {
          privateDnsZoneId: zones[i].id
        }
      }
    ]
  }
}]
