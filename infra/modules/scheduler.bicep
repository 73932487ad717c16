// The Durable Task Scheduler on which the orchestrator runs its sagas: their histories, their timers, and who has to do what.
param name string
param taskHubName string
param isPrivate bool
param ipRanges array
@description('What the name of its right is made from. The object id of a new identity is not known early enough.')
param serviceName string
param servicePrincipalId string
@description('Object id of who may see and change sagas with the dashboard; empty for none.')
param operatorPrincipalId string
param operatorPrincipalType string
param location string
param tags object

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/integration#durable-task-data-contributor
var durableTaskDataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'
// Longer than an event can be in the hub: an order that is delivered once more finds its saga. Consumption keeps no more.
var retentionDays = 30
var isPublic = !isPrivate || !empty(ipRanges)

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // Every request needs an identity. An empty list would refuse all of them.
    ipAllowlist: isPrivate ? ipRanges : ['0.0.0.0/0']
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    sku: {
      name: 'Consumption'
    }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: taskHubName
}

// Sagas that have ended. A running one is never removed.
resource retention 'Microsoft.DurableTask/schedulers/retentionPolicies@2026-02-01' = {
  parent: scheduler
  name: 'default'
  properties: {
    retentionPolicies: [
      {
        retentionPeriodInDays: retentionDays
      }
    ]
  }
}

resource mayRunSagas 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(taskHub.id, serviceName, durableTaskDataContributor)
  scope: taskHub
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', durableTaskDataContributor)
    principalId: servicePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource mayHelpSagas 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorPrincipalId)) {
  name: guid(taskHub.id, operatorPrincipalId, durableTaskDataContributor)
  scope: taskHub
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', durableTaskDataContributor)
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
  }
}

output schedulerId string = scheduler.id
@description('Without who asks: each app adds its own identity.')
output address string = 'Endpoint=${scheduler.properties.endpoint};TaskHub=${taskHub.name}'
