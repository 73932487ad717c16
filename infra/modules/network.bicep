// The network of prod: one subnet for the apps, one for the private endpoints of the servers.
param name string
param subnetPrefix string
param securityGroupName string
param location string
param tags object

// The built-in rules are sufficient: everything inside the network, nothing from the internet, and outbound traffic
// for image pulls and tokens. Container Apps documents what a stricter one must leave open.
resource securityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: securityGroupName
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: ['10.0.0.0/16']
    }
    subnets: [
      {
        name: '${subnetPrefix}apps'
        properties: {
          // 128 replicas at most, and as many again while a new revision takes over.
          addressPrefix: '10.0.0.0/23'
          networkSecurityGroup: {
            id: securityGroup.id
          }
          delegations: [
            {
              name: 'container-apps'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: '${subnetPrefix}endpoints'
        properties: {
          addressPrefix: '10.0.2.0/24'
          networkSecurityGroup: {
            id: securityGroup.id
          }
        }
      }
    ]
  }
}

output networkId string = network.id
output appsSubnetId string = network.properties.subnets[0].id
output endpointsSubnetId string = network.properties.subnets[1].id
