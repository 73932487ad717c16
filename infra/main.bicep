// All resources of Quartet in Azure, except the services: `azd deploy` adds those, one revision
// each, from service.bicep. What the code expects is in saga.json (databases, containers) and hubs.json (hubs, who reads
// and who writes them), which tests compare with the code; what differs between a small and a large deployment is in
// tiers.json.
targetScope = 'subscription'

@minLength(1)
@maxLength(18)
@description('Name of this deployment; part of the names of its resources. Lower-case letters, digits and hyphens.')
param environmentName string

@description('Azure region of all resources.')
param location string

@allowed(['dev', 'prod'])
@description('dev: small, public endpoints that ask for an identity. prod: zone redundant, private endpoints.')
param tier string = 'dev'

@allowed(['one', 'inbound', 'authors'])
@description('one: all events are on one hub. inbound: what front ends send has a hub of its own. authors: so has each service. See docs/deploy.md.')
param hubLayout string = 'one'

@allowed(['choreographed', 'orchestrated'])
@description('choreographed: four services hear each other. orchestrated: one service in their place, on a Durable Task Scheduler. See docs/deploy.md before you change it.')
param sagaStyle string = 'choreographed'

@description('Second region of Cosmos DB, to fail over to; empty for none.')
param secondaryLocation string = ''

@description('Object id of the user, group or service principal that uses the quartet command; empty for none.')
param operatorPrincipalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

@description('Object id of the identity of front ends: what places orders and requests cancellations; empty for none.')
param frontEndPrincipalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
param frontEndPrincipalType string = 'ServicePrincipal'

@description('Comma-separated IP ranges that may reach the servers from outside in prod; empty for none.')
param operatorIpRanges string = ''

@description('Comma-separated addresses that alerts are mailed to. prod must have one.')
param alertEmails string = ''

@description('Whether there is a console: a page about the sagas, behind a sign-in with Entra ID. See docs/deploy.md for what must be registered.')
param console bool = false

@allowed(['off', 'on'])
@description('Whether the page of the console may redrive and discard dead letters, which takes more rights. Off: it only reads.')
param consoleActions string = 'off'

@description('Application (client) id of the app registration by which people sign in to the console.')
param consoleClientId string = ''

@description('Comma-separated object ids of the groups that may see the console; empty for none.')
param consoleGroups string = ''

@description('Comma-separated object ids of the users that may see the console; empty for none.')
param consoleUsers string = ''

@description('Keep every event as Avro in its own storage account, for analytics.')
param capture bool = false

@description('Receive rights of a service on its own consumer group only, on a hub to which it may send, and checkpoint writes under its own prefixes only. False widens both: to the whole of each hub that it reads, and to the whole checkpoint container.')
param narrowRoles bool = true

@allowed(['database', 'account'])
@description('Where a service may read the metadata of Cosmos DB: its own database, or the whole account. The SDK reads the account first. Documents are those of its own database in both cases.')
param cosmosRoleScope string = 'database'

@allowed(['lag', 'cpu', 'none'])
@description('What scales a service: the events that wait for it, its CPU, or nothing. The scaler of lag must reach the hub and the checkpoints.')
param scaleRule string = 'lag'

@description('Let services report traces and metrics to Application Insights. What fraction of the traces is in tiers.json.')
param telemetry bool = true

@minValue(1)
@description('Seconds that an order may take, unless it names its own deadline.')
param orderDeadlineSeconds int = 900

// No default: a missing parameter must not simulate payments.
@minLength(1)
@description('The payment gateway: simulated, or package.module:factory of an adapter in the image.')
param paymentGateway string

@minLength(1)
@description('The carrier: simulated, or package.module:factory of an adapter in the image.')
param carrier string

var saga = loadJsonContent('saga.json')
var layouts = loadJsonContent('hubs.json')
var layout = layouts[hubLayout]
var hubsOf = layout.services
var isOrchestrated = sagaStyle == 'orchestrated'
var hasAuthors = hubLayout == 'authors'
var isRefused = isOrchestrated && hasAuthors
// The orchestrator calls the handlers of all services, on their own databases.
var stored = isOrchestrated ? concat(saga.services, [saga.orchestrator]) : saga.services
var running = isOrchestrated ? [saga.orchestrator] : saga.services
// The least that autoscale takes. The orchestrator stores dead letters there; its sagas are in the scheduler.
var ofOrchestrator = {
  orchestrator: 1000
}
var withConsole = console ? concat(stored, [saga.console]) : stored
// Without its registration no one could sign in; without a group or user, every account of the tenant could.
var isAnonymous = empty(consoleClientId)
var isOpenToAll = empty('${consoleGroups}${consoleUsers}')
var isUnguarded = console && (isAnonymous || isOpenToAll)
var acts = consoleActions == 'on'
var recordContainers = [for service in stored: service.containers[0].name]
var hubNames = [for hub in layout.hubs: hub.name]
var tiers = loadJsonContent('tiers.json')
var size = tiers[tier]
var ofConsole = {
  console: size.consoleRequestUnits
}
var abbreviations = loadJsonContent('abbreviations.json')
var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
  application: 'quartet'
  tier: tier
}
var ipRanges = empty(operatorIpRanges) ? [] : split(operatorIpRanges, ',')
var isProd = tier == 'prod'
var readsAccount = cosmosRoleScope == 'account'
var databaseNames = [for service in stored: service.database]
var emails = empty(alertEmails) ? [] : split(alertEmails, ',')

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${abbreviations.logAnalyticsWorkspace}${environmentName}'
    insightsName: '${abbreviations.applicationInsights}${environmentName}'
    actionGroupName: '${abbreviations.actionGroup}${environmentName}'
    retentionDays: size.logRetentionDays
    emails: emails
    // `any`: the compiler warns that it may be too short, which is the point.
    alertEmailsMustBeSetInProd: any(isProd ? alertEmails : 'not required')
    orchestratedSagasNeedHubLayoutOneOrInbound: any(isRefused ? '' : hubLayout)
    consoleNeedsAClientIdAndAllowedGroupsOrUsers: any(isUnguarded ? '' : 'they are set')
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = if (size.private) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.virtualNetwork}${environmentName}'
    subnetPrefix: abbreviations.subnet
    securityGroupName: '${abbreviations.networkSecurityGroup}${environmentName}'
    location: location
    tags: tags
  }
}

module captured 'modules/capture.bicep' = if (capture) {
  name: 'capture'
  scope: group
  params: {
    accountName: '${abbreviations.storageAccount}cap${token}'
    identityName: '${abbreviations.managedIdentity}capture-${environmentName}'
    sku: size.storageSku
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
  }
}

module eventHubs 'modules/event-hubs.bicep' = {
  name: 'event-hubs'
  scope: group
  params: {
    name: '${abbreviations.eventHubsNamespace}${token}'
    hubs: layout.hubs
    partitionCount: saga.partitions
    consoleGroup: saga.consoleGroup
    orchestratorGroup: saga.orchestrator.name
    orchestratorHubs: isOrchestrated ? hubsOf.orchestrator.reads : []
    throughputUnits: size.throughputUnits
    maxThroughputUnits: size.maxThroughputUnits
    retentionHours: size.retentionHours
    isPrivate: size.private
    ipRanges: ipRanges
    captureAccountId: capture ? captured.outputs.accountId : ''
    captureContainer: capture ? captured.outputs.containerName : ''
    captureIdentityId: capture ? captured.outputs.identityId : ''
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    name: '${abbreviations.cosmosAccount}${token}'
    services: withConsole
    requestUnits: union(size.requestUnits, ofOrchestrator, ofConsole)
    zoneRedundant: size.zoneRedundant
    secondaryLocation: secondaryLocation
    backupTier: size.cosmosBackup
    isPrivate: size.private
    ipRanges: ipRanges
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
  }
}

module checkpoints 'modules/checkpoints.bicep' = {
  name: 'checkpoints'
  scope: group
  params: {
    accountName: '${abbreviations.storageAccount}${token}'
    containerName: saga.checkpointContainer
    sku: size.storageSku
    isPrivate: size.private
    ipRanges: ipRanges
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
  }
}

module checkpointRole 'modules/checkpoint-role.bicep' = {
  name: 'checkpoint-role'
  scope: group
  params: {
    roleName: 'Quartet checkpoints of ${environmentName} ${token}'
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  scope: group
  params: {
    name: '${abbreviations.containerRegistry}${token}'
    sku: size.registrySku
    zoneRedundant: size.zoneRedundant
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
  }
}

module environment 'modules/apps-environment.bicep' = {
  name: 'apps-environment'
  scope: group
  params: {
    name: '${abbreviations.containerAppsEnvironment}${environmentName}'
    isPrivate: size.private
    zoneRedundant: size.zoneRedundant
    subnetId: size.private ? network.outputs.appsSubnetId : ''
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (size.private) {
  name: 'private-endpoints'
  scope: group
  params: {
    namePrefix: abbreviations.privateEndpoint
    networkId: network.outputs.networkId
    subnetId: network.outputs.endpointsSubnetId
    namespaceId: eventHubs.outputs.namespaceId
    cosmosId: cosmos.outputs.accountId
    storageId: checkpoints.outputs.accountId
    registryId: registry.outputs.registryId
    schedulerId: isOrchestrated ? scheduler.outputs.schedulerId : ''
    location: location
    tags: tags
  }
}

module metadataRole 'modules/cosmos-metadata-role.bicep' = if (readsAccount) {
  name: 'cosmos-metadata-role'
  scope: group
  params: {
    accountName: cosmos.outputs.accountName
  }
}

// One after the other: Cosmos DB refuses role assignments that are made at the same time.
@batchSize(1)
module access 'modules/service-access.bicep' = [for service in saga.services: {
  name: 'access-${service.name}'
  scope: group
  params: {
    service: service.name
    databases: [service.database]
    identityName: '${abbreviations.managedIdentity}${service.name}-${environmentName}'
    namespaceName: eventHubs.outputs.namespaceName
    sendTo: [hubsOf[service.name].writes]
    receiveFrom: hubsOf[service.name].reads
    onlyReceiveFrom: hubsOf[service.name].onlyReads
    cosmosName: cosmos.outputs.accountName
    metadataRoleId: readsAccount ? metadataRole.outputs.roleId : ''
    storageName: checkpoints.outputs.accountName
    checkpointContainer: saga.checkpointContainer
    checkpointRoleId: checkpointRole.outputs.roleId
    registryName: registry.outputs.registryName
    insightsName: monitoring.outputs.insightsName
    reports: telemetry
    narrow: narrowRoles
    location: location
    tags: tags
  }
}]

// Its app is always there, because azd deploys all services: in a choreography without a replica, and without a right but
// to pull the image. One process has the rights of four only where it runs.
module orchestratorAccess 'modules/service-access.bicep' = {
  name: 'access-orchestrator'
  scope: group
  params: {
    service: saga.orchestrator.name
    databases: isOrchestrated ? databaseNames : []
    identityName: '${abbreviations.managedIdentity}${saga.orchestrator.name}-${environmentName}'
    namespaceName: eventHubs.outputs.namespaceName
    sendTo: isOrchestrated ? [hubsOf.orchestrator.writes] : []
    receiveFrom: isOrchestrated ? hubsOf.orchestrator.reads : []
    onlyReceiveFrom: isOrchestrated ? hubsOf.orchestrator.onlyReads : []
    cosmosName: cosmos.outputs.accountName
    metadataRoleId: (isOrchestrated && readsAccount) ? metadataRole.outputs.roleId : ''
    storageName: checkpoints.outputs.accountName
    checkpointContainer: saga.checkpointContainer
    checkpointRoleId: checkpointRole.outputs.roleId
    registryName: registry.outputs.registryName
    insightsName: monitoring.outputs.insightsName
    reports: isOrchestrated && telemetry
    narrow: narrowRoles
    location: location
    tags: tags
  }
  dependsOn: [access]
}

// As with the orchestrator, its app is always there.
module consoleAccess 'modules/console-access.bicep' = {
  name: 'access-console'
  scope: group
  params: {
    runs: console
    acts: acts
    identityName: '${abbreviations.managedIdentity}${saga.console.name}-${environmentName}'
    namespaceName: eventHubs.outputs.namespaceName
    hubs: hubNames
    requestsHub: layout.operators
    cosmosName: cosmos.outputs.accountName
    database: saga.console.database
    databases: databaseNames
    records: recordContainers
    metadataRoleId: (console && readsAccount) ? metadataRole.outputs.roleId : ''
    storageName: checkpoints.outputs.accountName
    checkpointContainer: saga.checkpointContainer
    registryName: registry.outputs.registryName
    location: location
    tags: tags
  }
  dependsOn: [orchestratorAccess]
}

module consoleDns 'modules/console-dns.bicep' = if (console && size.private) {
  name: 'console-dns'
  scope: group
  params: {
    domain: environment.outputs.domain
    address: environment.outputs.address
    networkId: network.outputs.networkId
    tags: tags
  }
}

module scheduler 'modules/scheduler.bicep' = if (isOrchestrated) {
  name: 'scheduler'
  scope: group
  params: {
    name: '${abbreviations.durableTaskScheduler}${token}'
    taskHubName: saga.orchestrator.taskHub
    isPrivate: size.private
    ipRanges: ipRanges
    serviceName: saga.orchestrator.name
    servicePrincipalId: orchestratorAccess.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    location: location
    tags: tags
  }
}

module operator 'modules/operator-access.bicep' = if (!empty(operatorPrincipalId)) {
  name: 'access-operator'
  scope: group
  params: {
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    namespaceName: eventHubs.outputs.namespaceName
    sendTo: union([layout.operators], [layout.outside])
    receiveFrom: hubNames
    cosmosName: cosmos.outputs.accountName
    storageName: checkpoints.outputs.accountName
    registryName: registry.outputs.registryName
    insightsName: monitoring.outputs.insightsName
  }
  dependsOn: [consoleAccess]
}

module frontEnd 'modules/hub-access.bicep' = if (!empty(frontEndPrincipalId)) {
  name: 'access-front-end'
  scope: group
  params: {
    principalId: frontEndPrincipalId
    principalType: frontEndPrincipalType
    key: frontEndPrincipalId
    namespaceName: eventHubs.outputs.namespaceName
    sendTo: [layout.outside]
    receiveFrom: []
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    namespaceId: eventHubs.outputs.namespaceId
    cosmosId: cosmos.outputs.accountId
    services: running
    orderDeadlineSeconds: orderDeadlineSeconds
    location: location
    tags: tags
  }
}

// What `azd deploy` hands to service.bicep, and what the quartet command reads from its environment.
output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.loginServer
output AZURE_CONTAINER_APPS_ENVIRONMENT_ID string = environment.outputs.environmentId
output QUARTET_TIER string = tier
output QUARTET_SAGA_STYLE string = sagaStyle
output QUARTET_APP string = isOrchestrated ? 'services.orchestrator.app:ORCHESTRATED' : 'services.shop:SHOP'
output QUARTET_SCHEDULER string = isOrchestrated ? scheduler.outputs.address : 'none'
output QUARTET_ACTION_GROUP_ID string = monitoring.outputs.actionGroupId
@description('It opens nothing: an identity needs a role. Also for quartet trace.')
output APPLICATIONINSIGHTS_CONNECTION_STRING string = telemetry ? monitoring.outputs.insightsConnectionString : ''
output QUARTET_SCALE_RULE string = scaleRule
output QUARTET_ALERT_RECEIVERS int = length(emails)
output EVENT_HUBS_NAMESPACE string = eventHubs.outputs.fullyQualifiedName
output EVENT_HUB_NAME string = saga.hub
output HUB_LAYOUT string = hubLayout
output INBOUND_HUB_NAME string = saga.inboundHub
output BLOB_ACCOUNT_URL string = checkpoints.outputs.accountUrl
output BLOB_CONTAINER string = saga.checkpointContainer
output COSMOS_ENDPOINT string = cosmos.outputs.endpoint
output BUCKETS int = saga.buckets
output DEAD_LETTER_DAYS int = size.deadLetterDays
output ORDER_DEADLINE_SECONDS int = orderDeadlineSeconds
output PAYMENT_GATEWAY string = paymentGateway
output CARRIER string = carrier
output ORDER_IDENTITY_NAME string = access[0].outputs.identityName
output INVENTORY_IDENTITY_NAME string = access[1].outputs.identityName
output PAYMENT_IDENTITY_NAME string = access[2].outputs.identityName
output SHIPPING_IDENTITY_NAME string = access[3].outputs.identityName
output ORCHESTRATOR_IDENTITY_NAME string = orchestratorAccess.outputs.identityName
output CONSOLE_IDENTITY_NAME string = consoleAccess.outputs.identityName
output CONSOLE_PRINCIPAL_ID string = consoleAccess.outputs.principalId
output CONSOLE_URL string = console ? 'https://${abbreviations.containerApp}${saga.console.name}-${environmentName}.${environment.outputs.domain}' : 'none'
output QUARTET_CONSOLE string = console ? 'true' : 'false'
output QUARTET_CONSOLE_ACTIONS string = consoleActions
output QUARTET_CONSOLE_CLIENT_ID string = consoleClientId
output QUARTET_CONSOLE_GROUPS string = consoleGroups
output QUARTET_CONSOLE_USERS string = consoleUsers
