using 'main.bicep'

// For `az deployment sub create`; azd uses main.parameters.json.
param environmentName = 'quartet-dev'
param location = 'westeurope'
param tier = 'dev'
param operatorPrincipalId = readEnvironmentVariable('OPERATOR_PRINCIPAL_ID', '')
param paymentGateway = 'simulated'
param carrier = 'simulated'
