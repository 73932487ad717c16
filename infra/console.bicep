// The console as a container app. Deployed by `azd deploy` with services/console.bicepparam. Without a console the app is
// there, with no ingress and no replica: azd deploys all services.
@allowed(['false', 'true'])
param console string

@allowed(['off', 'on'])
@description('Whether the page may redrive and discard dead letters.')
param consoleActions string

@description('Application (client) id of the app registration by which people sign in.')
param clientId string
@description('Comma-separated object ids of the groups, and of the users, that may see the page. Others are refused.')
param allowedGroups string
param allowedUsers string

@description('The application object: package.module:NAME.')
param application string

@description('Image of all services, with its registry and tag.')
param image string
param registryServer string
param environmentName string
param environmentId string
param identityName string

@allowed(['dev', 'prod'])
param tier string
param eventHubsNamespace string
param eventHubName string
@allowed(['one', 'inbound', 'authors'])
param hubLayout string
param inboundHubName string
param blobAccountUrl string
param blobContainer string
param cosmosEndpoint string
param buckets int
param actionGroupId string
param location string = resourceGroup().location

var tiers = loadJsonContent('tiers.json')
var size = tiers[tier]
var abbreviations = loadJsonContent('abbreviations.json')
var runs = console == 'true'
var port = 8400
var groups = empty(allowedGroups) ? [] : split(allowedGroups, ',')
var users = empty(allowedUsers) ? [] : split(allowedUsers, ',')
// One: it is the only writer of its projection. While a new revision takes over there are two, which the projection survives.
var replicas = runs ? 1 : 0
var program = ['python', '-m', 'quartet.console', application]
var waiting = ['python', '-c', 'import signal; signal.pause()']
var ingress = {
  external: true
  targetPort: port
  transport: 'http'
  allowInsecure: false
}
// Container Apps signs in with a token of the app's managed identity if a secret has this name. Its value is the client id
// of that identity, which is no secret.
// https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad
var signInByIdentity = 'override-use-mi-fic-assertion-client-id'
var secrets = [
  {
    name: signInByIdentity
    value: identity.properties.clientId
  }
]
var settings = [
  {
    name: 'AZURE_CLIENT_ID'
    value: identity.properties.clientId
  }
  {
    name: 'EVENT_HUBS_NAMESPACE'
    value: eventHubsNamespace
  }
  {
    name: 'EVENT_HUB_NAME'
    value: eventHubName
  }
  {
    name: 'HUB_LAYOUT'
    value: hubLayout
  }
  {
    name: 'INBOUND_HUB_NAME'
    value: inboundHubName
  }
  {
    name: 'BLOB_ACCOUNT_URL'
    value: blobAccountUrl
  }
  {
    name: 'BLOB_CONTAINER'
    value: blobContainer
  }
  {
    name: 'COSMOS_ENDPOINT'
    value: cosmosEndpoint
  }
  {
    name: 'BUCKETS'
    value: string(buckets)
  }
  {
    name: 'DEAD_LETTER_DAYS'
    value: string(size.deadLetterDays)
  }
  {
    name: 'LOG_FORMAT'
    value: 'json'
  }
  {
    name: 'STARTUP_SECONDS'
    value: '300'
  }
  {
    name: 'CONSOLE_HOST'
    value: '0.0.0.0'
  }
  {
    name: 'CONSOLE_PORT'
    value: string(port)
  }
  {
    name: 'CONSOLE_ACTIONS'
    value: consoleActions
  }
  {
    name: 'CONSOLE_STORE'
    value: 'cosmos'
  }
  {
    // For what may be lost with the container: it is made again.
    name: 'CONSOLE_DATA'
    value: '/tmp/console'
  }
  {
    name: 'CONSOLE_IDENTITY'
    value: 'container-apps'
  }
]
var probes = [
  {
    type: 'Startup'
    httpGet: {
      path: '/health/live'
      port: port
    }
    // As long as STARTUP_SECONDS: the page is served when its database answers.
    periodSeconds: 30
    timeoutSeconds: 5
    failureThreshold: 10
  }
  {
    type: 'Liveness'
    httpGet: {
      path: '/health/live'
      port: port
    }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  }
  {
    type: 'Readiness'
    httpGet: {
      path: '/health/ready'
      port: port
    }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 10
  }
]
var tags = {
  'azd-env-name': environmentName
  application: 'quartet'
  tier: tier
}
// azd finds the app by this tag, so no other resource may have it.
var appTags = union(tags, {
  'azd-service-name': 'console'
})

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: toLower('${abbreviations.containerApp}console-${environmentName}')
  location: location
  tags: appTags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      // In prod the environment is internal: "external" is then the network, not the internet.
      ingress: runs ? ingress : null
      activeRevisionsMode: 'Single'
      secrets: runs ? secrets : []
      registries: [
        {
          server: registryServer
          identity: identity.id
        }
      ]
    }
    template: {
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'console'
          image: image
          command: runs ? program : waiting
          resources: {
            cpu: json(size.cpu)
            memory: size.memory
          }
          env: settings
          probes: runs ? probes : []
        }
      ]
      scale: {
        minReplicas: replicas
        maxReplicas: 1
      }
    }
  }
}

// Every request is signed in before it reaches the console, which then requires the headers that this adds.
resource signIn 'Microsoft.App/containerApps/authConfigs@2025-01-01' = if (runs) {
  parent: app
  name: 'current'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: []
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          clientSecretSettingName: signInByIdentity
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [clientId]
          defaultAuthorizationPolicy: {
            allowedPrincipals: {
              groups: groups
              identities: users
            }
          }
        }
      }
    }
    login: {
      // Of a link that someone was sent.
      preserveUrlFragmentsForLogins: true
      // The console asks for no token of the person who signs in.
      tokenStore: {
        enabled: false
      }
    }
  }
}

resource keepsRestarting 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'quartet-console-keeps-restarting'
  location: 'global'
  tags: tags
  properties: {
    description: 'The console keeps restarting. See docs/runbook.md, restarts.'
    enabled: runs
    severity: 3
    scopes: [app.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'restarts'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'RestartCount'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 3
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}

resource hasNoReplica 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'quartet-console-has-no-replica'
  location: 'global'
  tags: tags
  properties: {
    description: 'No replica of the console has run for five minutes. See docs/runbook.md, no-replicas.'
    enabled: runs
    severity: 3
    scopes: [app.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'replicas'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'Replicas'
          timeAggregation: 'Maximum'
          operator: 'LessThan'
          threshold: 1
        }
      ]
    }
    actions: [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}

output appName string = app.name
