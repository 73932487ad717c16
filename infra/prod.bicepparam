using 'main.bicep'

// For `az deployment sub create`; azd uses main.parameters.json.
param environmentName = 'quartet-prod'
param location = 'westeurope'
param secondaryLocation = 'northeurope'
param tier = 'prod'
param hubLayout = 'inbound'
param capture = true
param operatorPrincipalId = readEnvironmentVariable('OPERATOR_PRINCIPAL_ID', '')
param operatorPrincipalType = 'Group'
param frontEndPrincipalId = readEnvironmentVariable('FRONT_END_PRINCIPAL_ID', '')
param operatorIpRanges = readEnvironmentVariable('OPERATOR_IP_RANGES', '')
param alertEmails = readEnvironmentVariable('ALERT_EMAILS')
param paymentGateway = readEnvironmentVariable('PAYMENT_GATEWAY')
param carrier = readEnvironmentVariable('CARRIER')
