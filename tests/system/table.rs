//! The template's table, and the other resources that outlive the stack.

use serde_json::json;
use tests::deployed::{references, resources, template};

#[test]
fn the_table_is_retained_protected_backed_up_and_encrypted() {
    let table = &resources("AWS::DynamoDB::Table")["CustomersTable"];
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(table[policy], "Retain");
    }
    let properties = &table["Properties"];
    assert_eq!(properties["DeletionProtectionEnabled"], true);
    assert_eq!(
        properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    for limited in [properties, &properties["GlobalSecondaryIndexes"][0]] {
        assert_eq!(
            limited["OnDemandThroughput"]["MaxWriteRequestUnits"],
            json!({"Ref": "MaxWriteUnits"})
        );
        assert_eq!(
            limited["OnDemandThroughput"]["MaxReadRequestUnits"],
            json!({"Ref": "MaxReadUnits"})
        );
    }
    assert!(references(&properties["SSESpecification"]).contains("CustomersKey"));
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
    let own = json!({"Ref": "CustomersTable"});
    let served = json!({"Fn::If": ["OwnTable", own, {"Ref": "ExistingTable"}]});
    let document = template().document;
    assert_eq!(
        resources("AWS::DynamoDB::Table")["CustomersTable"]["Condition"],
        "OwnTable"
    );
    assert_eq!(
        document["Globals"]["Function"]["Environment"]["Variables"]["TABLE_NAME"],
        served
    );
    // Every reference to the stack's own table is one branch of a choice between the two.
    let text = document.to_string();
    let alone = text.replace(&served.to_string(), "");
    assert!(!alone.contains(&own.to_string()));
    let choices = text.matches(r#"{"Fn::If":["OwnTable","#).count();
    let uses = text.matches("CustomersTable").count() - 1;
    assert_eq!(
        choices, uses,
        "a reference to the stack's own table is not part of a choice"
    );
}

#[test]
fn contributor_insights_are_off_because_keys_contain_usernames() {
    let table = &resources("AWS::DynamoDB::Table")["CustomersTable"].to_string();
    assert!(
        !table.contains("ContributorInsights"),
        "Contributor Insights show keys in clear text"
    );
}
