// The alerts. docs/runbook.md has a chapter for each.
param workspaceId string
param actionGroupId string
param namespaceId string
param cosmosId string
param services array
param orderDeadlineSeconds int
param location string
param tags object

// One and a half times the deadline of an order.
var openLimitMinutes = string(orderDeadlineSeconds * 3 / 120)

var rules = [
  {
    name: 'dead-letters'
    description: 'A service has stored events that it cannot handle as dead letters.'
    severity: 2
    query: loadTextContent('../queries/dead-letters.kql')
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: ['service']
  }
  {
    name: 'forged-events'
    description: 'A service has refused events that their source may not say, or not on the hub that they came in by.'
    severity: 1
    query: loadTextContent('../queries/forged-events.kql')
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: ['service']
  }
  {
    name: 'lag'
    description: 'A service has not heard events that others said more than ten minutes ago.'
    severity: 2
    query: replace(loadTextContent('../queries/lag.kql'), 'SERVICES', string(services))
    frequency: 'PT5M'
    window: 'PT1H'
    dimensions: ['service']
  }
  {
    name: 'stuck-sagas'
    description: 'Orders have been open for longer than their deadline allows for.'
    severity: 1
    query: replace(loadTextContent('../queries/stuck-sagas.kql'), 'OPEN_LIMIT', '${openLimitMinutes}m')
    frequency: 'PT15M'
    window: 'P1D'
    dimensions: []
  }
  {
    name: 'needs-attention'
    description: 'A compensation could not be done: a person must act.'
    severity: 1
    query: loadTextContent('../queries/needs-attention.kql')
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: ['service']
  }
  {
    name: 'broken-rules'
    description: 'The console found that a saga, or all of them together, break an invariant.'
    severity: 1
    query: loadTextContent('../queries/broken-rules.kql')
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: ['rule']
  }
  {
    name: 'outage'
    description: 'A service has waited for a server for five minutes or more.'
    severity: 1
    query: loadTextContent('../queries/outage.kql')
    frequency: 'PT5M'
    window: 'PT1H'
    dimensions: ['service']
  }
  {
    name: 'blocked-partition'
    description: 'A service keeps repeating one batch, or cannot receive.'
    severity: 1
    query: loadTextContent('../queries/blocked-partition.kql')
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: ['service', 'partition']
  }
  {
    name: 'silence'
    description: 'A service has not said for fifteen minutes that it runs.'
    severity: 1
    query: replace(loadTextContent('../queries/silence.kql'), 'SERVICES', string(services))
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: ['service']
  }
  {
    name: 'unreceived'
    description: 'Events come into the hub, and no service receives any.'
    severity: 1
    query: loadTextContent('../queries/unreceived.kql')
    frequency: 'PT15M'
    window: 'PT30M'
    dimensions: []
  }
  {
    name: 'scaler'
    description: 'The scale rule of a service fails, so its number of replicas stays as it is.'
    severity: 2
    query: loadTextContent('../queries/scaler.kql')
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: ['app']
  }
]

module logAlerts 'log-alert.bicep' = [for rule in rules: {
  name: 'alert-${rule.name}'
  params: {
    name: 'quartet-${rule.name}'
    description: '${rule.description} See docs/runbook.md, ${rule.name}.'
    severity: rule.severity
    query: rule.query
    frequency: rule.frequency
    window: rule.window
    dimensions: rule.dimensions
    workspaceId: workspaceId
    actionGroupId: actionGroupId
    location: location
    tags: tags
  }
}]

resource cosmosThrottles 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'quartet-cosmos-throttling'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB answers 429: a database or a bucket needs more request units. See docs/runbook.md, throttling.'
    enabled: true
    severity: 2
    scopes: [cosmosId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'throttled'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'TotalRequests'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 100
          dimensions: [
            {
              name: 'StatusCode'
              operator: 'Include'
              values: ['429']
            }
            {
              name: 'DatabaseName'
              operator: 'Include'
              values: ['*']
            }
          ]
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

resource hubThrottles 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'quartet-event-hubs-throttling'
  location: 'global'
  tags: tags
  properties: {
    description: 'Event Hubs throttles: more throughput units are needed than may be used. See docs/runbook.md, throttling.'
    enabled: true
    severity: 2
    scopes: [namespaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'throttled'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'ThrottledRequests'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 10
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
