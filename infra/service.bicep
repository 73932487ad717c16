// One service as a container app. Deployed by `azd deploy` with services/NAME.bicepparam: image and settings together, so
// that a change of either is one revision.
@allowed(['order', 'inventory', 'payment', 'shipping', 'orchestrator'])
param service string

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

@allowed(['choreographed', 'orchestrated'])
@description('Which services run: the four, or the orchestrator. The others have no replica.')
param sagaStyle string

@description('Where the Durable Task Scheduler is: Endpoint=…;TaskHub=…. `none` without one.')
param scheduler string
param blobAccountUrl string
param blobContainer string
param cosmosEndpoint string
param buckets int
param orderDeadlineSeconds int

@minLength(1)
param paymentGateway string

@minLength(1)
param carrier string

@allowed(['lag', 'cpu', 'none'])
param scaleRule string
param actionGroupId string

@description('Of the Application Insights to which the service reports; empty for none. It is no secret.')
param insights string
param location string = resourceGroup().location

var tiers = loadJsonContent('tiers.json')
var size = tiers[tier]
var abbreviations = loadJsonContent('abbreviations.json')
var layouts = loadJsonContent('hubs.json')
var layout = layouts[hubLayout]
var hubsOf = layout.services
var healthPort = 8080
// Lag is counted from the last checkpoint: a replica that keeps up with 500 events per second seems to lag by as many for
// each second between two checkpoints. Only more than that calls for another one.
var eventsPerReplica = 500 * size.checkpointSeconds
var isOrchestrator = service == 'orchestrator'
// The name of an app has 32 characters at most.
var shortName = isOrchestrator ? 'sagas' : service
var orchestratorRuns = sagaStyle == 'orchestrated'
var runs = isOrchestrator == orchestratorRuns
// With no rule and no ingress, an app without replicas never starts.
// https://learn.microsoft.com/azure/container-apps/scale-app#scale-rules
var minReplicas = runs ? size.minReplicas : 0
var maxReplicas = 32
var program = ['python', '-m', 'services.${service}']
// The platform may start a replica of a new revision for some minutes, also where the minimum is none. It must do nothing:
// both styles would handle the same orders.
var waiting = ['python', '-c', 'import signal; signal.pause()']
// One for each hub that it reads. The rule that asks for the most replicas decides: they are not added up.
var lagRules = [for hub in hubsOf[service].reads: {
  name: 'lag-${hub}'
  custom: {
    type: 'azure-eventhub'
    identity: identity.id
    metadata: {
      eventHubNamespace: split(eventHubsNamespace, '.')[0]
      eventHubName: hub
      consumerGroup: service
      storageAccountName: split(split(blobAccountUrl, '//')[1], '.')[0]
      blobContainer: blobContainer
      checkpointStrategy: 'blobMetadata'
      unprocessedEventThreshold: string(eventsPerReplica)
    }
  }
}]
// For an environment in which the scaler of lag does not work. Events that wait for a port use no CPU.
// https://learn.microsoft.com/azure/container-apps/scale-app#custom
var cpuRules = [
  {
    name: 'cpu'
    custom: {
      type: 'cpu'
      metadata: {
        type: 'Utilization'
        value: '70'
      }
    }
  }
]
// What an orchestrator has to do waits in the scheduler, not in the hub: a saga is begun within milliseconds.
// https://learn.microsoft.com/azure/durable-task/sdks/durable-task-scheduler-auto-scaling
var parts = split('${scheduler};', ';')
var activityThreads = '64'
var workItems = [
  {
    name: 'orchestration'
    type: 'Orchestration'
  }
  {
    name: 'activity'
    type: 'Activity'
  }
]
var sagaRules = [for item in workItems: {
  name: 'sagas-${item.name}'
  custom: {
    type: 'azure-durabletask-scheduler'
    identity: identity.id
    metadata: {
      endpoint: replace(parts[0], 'Endpoint=', '')
      taskhubName: replace(parts[1], 'TaskHub=', '')
      workItemType: item.type
      maxConcurrentWorkItemsCount: activityThreads
    }
  }
}]
var waitingRules = isOrchestrator ? concat(lagRules, sagaRules) : lagRules
var scalesByLag = scaleRule == 'lag'
var scalesByCpu = scaleRule == 'cpu'
var otherRules = scalesByCpu ? cpuRules : []
var chosenRules = scalesByLag ? waitingRules : otherRules
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
    name: 'HEALTH_HOST'
    value: '0.0.0.0'
  }
  {
    name: 'HEALTH_PORT'
    value: string(healthPort)
  }
  {
    name: 'ORDER_DEADLINE_SECONDS'
    value: string(orderDeadlineSeconds)
  }
  {
    name: 'PAYMENT_GATEWAY'
    value: paymentGateway
  }
  {
    name: 'CARRIER'
    value: carrier
  }
  {
    name: 'DEADLINE_SCAN_SECONDS'
    value: string(size.deadlineScanSeconds)
  }
  {
    name: 'LOAD_BALANCING_SECONDS'
    value: string(size.loadBalancingSeconds)
  }
  {
    name: 'OWNERSHIP_EXPIRES_SECONDS'
    value: string(size.ownershipExpiresSeconds)
  }
  {
    name: 'CHECKPOINT_SECONDS'
    value: string(size.checkpointSeconds)
  }
  {
    // Empty: the service reports nothing.
    name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
    value: insights
  }
  {
    // By the id of the trace, so all services keep the same sagas.
    name: 'OTEL_TRACES_SAMPLER'
    value: 'parentbased_traceidratio'
  }
  {
    name: 'OTEL_TRACES_SAMPLER_ARG'
    value: size.traceRatio
  }
  {
    // Milliseconds.
    name: 'OTEL_METRIC_EXPORT_INTERVAL'
    value: '${size.metricSeconds}000'
  }
  {
    name: 'STARTUP_SECONDS'
    value: '300'
  }
  {
    name: 'SHUTDOWN_SECONDS'
    value: '20'
  }
]
var orchestratorSettings = [
  {
    name: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
    value: '${scheduler};Authentication=ManagedIdentity;ClientID=${identity.properties.clientId}'
  }
  {
    name: 'ACTIVITY_THREADS'
    value: activityThreads
  }
]
var probes = [
  {
    type: 'Liveness'
    httpGet: {
      path: '/health/live'
      port: healthPort
    }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  }
  {
    type: 'Readiness'
    httpGet: {
      path: '/health/ready'
      port: healthPort
    }
    periodSeconds: 10
    timeoutSeconds: 5
    // As long as STARTUP_SECONDS allows for waiting; the maximum is 10.
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
  'azd-service-name': service
})

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: toLower('${abbreviations.containerApp}${shortName}-${environmentName}')
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
      // There is no ingress: a service has no callers.
      activeRevisionsMode: 'Single'
      registries: [
        {
          server: registryServer
          identity: identity.id
        }
      ]
    }
    template: {
      // SHUTDOWN_SECONDS, and time to release the partitions.
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: service
          image: image
          command: runs ? program : waiting
          resources: {
            cpu: json(size.cpu)
            memory: size.memory
          }
          env: isOrchestrator ? concat(settings, orchestratorSettings) : settings
          probes: runs ? probes : []
        }
      ]
      scale: {
        // Never 0 in a service that runs: the deadline watch must run, and an order must not wait for a container to start.
        minReplicas: minReplicas
        // A partition has one owner in a group: more replicas than a hub has partitions would be idle.
        maxReplicas: maxReplicas
        rules: runs ? chosenRules : []
      }
    }
  }
}

resource cannotKeepUp 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'quartet-${service}-cannot-keep-up'
  location: 'global'
  tags: tags
  properties: {
    description: 'All replicas of ${service} have been busy for a quarter of an hour. See docs/runbook.md, lag.'
    enabled: runs
    severity: 2
    scopes: [app.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'replicas'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'Replicas'
          timeAggregation: 'Minimum'
          operator: 'GreaterThanOrEqual'
          threshold: maxReplicas
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

resource keepsRestarting 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'quartet-${service}-keeps-restarting'
  location: 'global'
  tags: tags
  properties: {
    description: 'A replica of ${service} keeps restarting. See docs/runbook.md, restarts.'
    enabled: runs
    severity: 1
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
          // A service waits for rights to take effect, as it waits for servers (STARTUP_SECONDS).
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

// The greatest count of all revisions: those from before have none.
resource hasNoReplica 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'quartet-${service}-has-no-replica'
  location: 'global'
  tags: tags
  properties: {
    description: 'No replica of ${service} has run for five minutes. See docs/runbook.md, no-replicas.'
    enabled: runs
    severity: 1
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
