// The workspace of the logs, what traces and metrics go to, and the recipients of alerts.
param workspaceName string
param insightsName string
param actionGroupName string
param retentionDays int
param emails array

// Its name is the message: Azure refuses a value that is too short with the name of the parameter, before it makes
// anything. The function `fail` would say it better, and the parser of our checks does not know it.
@minLength(1)
@description('In prod someone must receive the alerts. Set QUARTET_ALERT_EMAILS (azd) or ALERT_EMAILS (prod.bicepparam).')
#disable-next-line no-unused-params
param alertEmailsMustBeSetInProd string

@minLength(1)
@description('The orchestrator speaks for all services, so none of them can have a hub of its own. Set HUB_LAYOUT to one or inbound.')
#disable-next-line no-unused-params
param orchestratedSagasNeedHubLayoutOneOrInbound string

@minLength(1)
@description('Only people that you name may see the console. Set QUARTET_CONSOLE_CLIENT_ID, and QUARTET_CONSOLE_GROUPS or QUARTET_CONSOLE_USERS.')
#disable-next-line no-unused-params
param consoleNeedsAClientIdAndAllowedGroupsOrUsers string
param location string
param tags object

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
    }
  }
}

// Traces and metrics. Entra ID only: the connection string opens nothing.
resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'quartet'
    enabled: true
    emailReceivers: [for (email, i) in emails: {
      name: 'mail-${i}'
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

// Created by a name that is made from its place, as a workbook must have a GUID.
resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  name: guid(resourceGroup().id, 'quartet-sagas')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Quartet sagas'
    category: 'workbook'
    version: '1.0'
    sourceId: insights.id
    serializedData: replace(replace(loadTextContent('../workbook.json'), 'WORKSPACE_ID', workspace.id), 'COMPONENT_ID', insights.id)
  }
}

output workspaceId string = workspace.id
output insightsName string = insights.name
output insightsConnectionString string = insights.properties.ConnectionString
output actionGroupId string = actionGroup.id
