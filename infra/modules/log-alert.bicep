// An alert for every row that a query over the services' logs finds; one per value of its dimensions.
param name string
param description string
param severity int
param query string
param frequency string
param window string
param dimensions array
param workspaceId string
param actionGroupId string
param location string
param tags object

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: name
    description: description
    enabled: true
    severity: severity
    scopes: [workspaceId]
    evaluationFrequency: frequency
    windowSize: window
    autoMitigate: true
    // The table is empty, or not there yet, when this is deployed for the first time.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [for dimension in dimensions: {
            name: dimension
            operator: 'Include'
            values: ['*']
          }]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [actionGroupId]
    }
  }
}
