// One service's database. Its containers share the throughput: they are busy together, in a fixed proportion, or idle.
param accountName string
param name string
param containers array
param maxRequestUnits int
param tags object

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: accountName
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: name
  tags: tags
  properties: {
    resource: {
      id: name
    }
    options: {
      autoscaleSettings: {
        maxThroughput: maxRequestUnits
      }
    }
  }
}

@batchSize(1)
resource all 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [for container in containers: {
  parent: database
  name: container.name
  tags: tags
  properties: {
    resource: {
      id: container.name
      partitionKey: {
        paths: [container.partitionKey]
        kind: 'Hash'
        version: 2
      }
      // Closed dead letters have their own `ttl`, and other documents may have one for archiving; without one, nothing
      // expires. If a record is missing, a late duplicate is handled as a new event.
      defaultTtl: -1
      // Only what queries filter on. Every other path would cost request units at every write.
      indexingPolicy: {
        indexingMode: 'consistent'
        automatic: true
        includedPaths: container.indexed
        excludedPaths: [
          {
            path: '/*'
          }
        ]
        compositeIndexes: container.composite
      }
    }
  }
}]
