// The environment of the services.
param name string
param isPrivate bool
param zoneRedundant bool
param subnetId string
param workspaceId string
param location string
param tags object

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // By diagnostic settings: the other way of sending logs to a workspace needs the workspace's key.
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    vnetConfiguration: isPrivate ? {
      infrastructureSubnetId: subnetId
      internal: true
    } : null
    zoneRedundant: isPrivate && zoneRedundant
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: environment
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ContainerAppConsoleLogs'
        enabled: true
      }
      {
        category: 'ContainerAppSystemLogs'
        enabled: true
      }
    ]
  }
}

output environmentId string = environment.id
output domain string = environment.properties.defaultDomain
output address string = environment.properties.staticIp
