// What the SDK's checkpoint store asks for, and nothing else: list and read blobs, create them, rewrite their metadata.
// The built-in role that writes blobs also deletes them, and the container with them.
// Actions: https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
@description('Shown in the portal; unique in the tenant.')
param roleName string

var blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'checkpoint-role')
  properties: {
    roleName: roleName
    description: 'Reads, creates and rewrites checkpoints. Deletes nothing.'
    type: 'CustomRole'
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          '${blobs}/read'
          '${blobs}/write'
          '${blobs}/add/action'
        ]
        notDataActions: []
      }
    ]
    assignableScopes: [
      resourceGroup().id
    ]
  }
}

output roleId string = role.id
