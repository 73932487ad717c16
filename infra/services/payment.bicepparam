using '../service.bicep'

param service = 'payment'
param image = readEnvironmentVariable('SERVICE_PAYMENT_IMAGE_NAME')
param identityName = readEnvironmentVariable('PAYMENT_IDENTITY_NAME')
param registryServer = readEnvironmentVariable('AZURE_CONTAINER_REGISTRY_ENDPOINT')
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param environmentId = readEnvironmentVariable('AZURE_CONTAINER_APPS_ENVIRONMENT_ID')
param location = readEnvironmentVariable('AZURE_LOCATION')
param tier = readEnvironmentVariable('QUARTET_TIER')
param actionGroupId = readEnvironmentVariable('QUARTET_ACTION_GROUP_ID')
param eventHubsNamespace = readEnvironmentVariable('EVENT_HUBS_NAMESPACE')
param eventHubName = readEnvironmentVariable('EVENT_HUB_NAME')
param blobAccountUrl = readEnvironmentVariable('BLOB_ACCOUNT_URL')
param blobContainer = readEnvironmentVariable('BLOB_CONTAINER')
param cosmosEndpoint = readEnvironmentVariable('COSMOS_ENDPOINT')
param buckets = int(readEnvironmentVariable('BUCKETS'))
param orderDeadlineSeconds = int(readEnvironmentVariable('ORDER_DEADLINE_SECONDS'))
