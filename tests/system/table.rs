//! The template's tables, and the other resources that outlive the stack.

use serde_json::json;
use tests::deployed::{references, resources, template};

#[test]
fn every_table_is_retained_protected_backed_up_and_encrypted() {
    let tables = resources("AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 2);
    for (id, table) in tables {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(table[policy], "Retain", "{id}");
        }
        let properties = &table["Properties"];
        assert_eq!(properties["DeletionProtectionEnabled"], true, "{id}");
        assert_eq!(
            properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true,
            "{id}"
        );
        assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST", "{id}");
        let indexes = properties["GlobalSecondaryIndexes"].as_array();
        for limited in indexes.into_iter().flatten().chain([properties]) {
            assert_eq!(
                limited["OnDemandThroughput"],
                json!({
                    "MaxReadRequestUnits": {"Ref": "MaxReadUnits"},
                    "MaxWriteRequestUnits": {"Ref": "MaxWriteUnits"},
                }),
                "{id}"
            );
        }
        assert!(
            references(&properties["SSESpecification"]).contains("CustomersKey"),
            "{id}"
        );
        let backups = &resources("AWS::Backup::BackupSelection")["BackupSelection"]["Properties"];
        assert!(references(backups).contains(&id), "{id} has no daily backups");
    }
    assert_eq!(
        resources("AWS::KMS::Key")["CustomersKey"]["Properties"]["EnableKeyRotation"],
        true
    );
}

#[test]
fn retained_resources_block_neither_deleting_the_stack_nor_creating_it_again() {
    // CloudFormation cannot delete a protected resource, not even after a failed creation.
    let protected = [
        ("AWS::DynamoDB::Table", "DeletionProtectionEnabled"),
        ("AWS::Cognito::UserPool", "DeletionProtection"),
    ];
    for (kind, protection) in protected {
        for (id, resource) in resources(kind) {
            assert!(!resource["Properties"][protection].is_null());
            assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
        }
    }
    let kept = ["AWS::KMS::Key", "AWS::Backup::BackupVault", "AWS::Logs::LogGroup"];
    for (id, resource) in kept.into_iter().flat_map(resources) {
        assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
    }
    // A fixed name that stays in use would prevent a second stack with the same name.
    for (kind, name) in [
        ("AWS::Logs::LogGroup", "LogGroupName"),
        ("AWS::Backup::BackupVault", "BackupVaultName"),
        ("AWS::DynamoDB::Table", "TableName"),
    ] {
        for (id, resource) in resources(kind) {
            let name = &resource["Properties"][name];
            assert!(
                name.is_null() || name.to_string().contains("AWS::StackId"),
                "{id}: {name}"
            );
        }
    }
}

#[test]
fn an_existing_table_replaces_the_stacks_own_everywhere() {
    let document = template().document;
    let text = document.to_string();
    for (table, condition, existing, variable) in [
        ("CustomersTable", "OwnTable", "ExistingTable", "TABLE_NAME"),
        (
            "EventsTable",
            "OwnEventsTable",
            "ExistingEventsTable",
            "EVENTS_TABLE",
        ),
    ] {
        let own = json!({"Ref": table});
        let served = json!({"Fn::If": [condition, own, {"Ref": existing}]});
        assert_eq!(resources("AWS::DynamoDB::Table")[table]["Condition"], condition);
        assert!(text.contains(&format!(r#""{variable}":{served}"#)), "{variable}");
        // Every reference to the stack's own table is one branch of a choice between the two.
        let alone = text.replace(&served.to_string(), "");
        assert!(!alone.contains(&own.to_string()), "{table}");
        let count = |part: String| text.matches(&part).count();
        let choices = count(format!(r#"{{"Fn::If":["{condition}","#));
        let uses = count(format!(r#""{table}""#)) + count(format!("${{{table}.")) - 1;
        assert_eq!(choices, uses, "a reference to {table} is not part of a choice");
    }
}

#[test]
fn contributor_insights_are_off_because_keys_contain_usernames() {
    for (id, table) in resources("AWS::DynamoDB::Table") {
        assert!(
            !table.to_string().contains("ContributorInsights"),
            "Contributor Insights of {id} show keys in clear text"
        );
    }
}
