// The registry of the image. A user with the right pushes, the services' identities pull.
param name string
param sku string
param zoneRedundant bool
param workspaceId string
param location string
param tags object

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  // checkov:skip=CKV_AZURE_139: pushes come from outside, with an identity; pulls in prod stay inside
  // checkov:skip=CKV_AZURE_163: scanning is Microsoft Defender for Cloud, which is switched on per subscription, not here
  // checkov:skip=CKV_AZURE_166: quarantine needs a person who releases images; there is one image, built from locked dependencies
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
  }
  properties: {
    adminUserEnabled: false
    // Pulls in prod go through the private endpoint. The public endpoint stays open for pushes, which an identity must be
    // allowed to make: the registry's own builds do not get through its firewall.
    publicNetworkAccess: 'Enabled'
    zoneRedundancy: zoneRedundant ? 'Enabled' : 'Disabled'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: registry
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

output registryId string = registry.id
output registryName string = registry.name
output loginServer string = registry.properties.loginServer
