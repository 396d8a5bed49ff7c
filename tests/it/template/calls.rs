//! What `aws` asks of AWS. Each call needs a permission, which [`super::permissions`] knows of.

use std::{collections::BTreeSet, fs, path::Path};

use super::root;

#[test]
fn aws_makes_no_call_that_is_not_considered_here() {
    const CALLS: [&str; 13] = [
        ".change_message_visibility_batch()",
        ".decrypt()",
        ".generate_data_key()",
        ".delete_message()",
        ".get_item()",
        ".get_queue_attributes()",
        ".get_secret_value()",
        ".put_item()",
        ".query()",
        ".receive_message()",
        ".send_message()",
        ".transact_write_items()",
        ".update_item()",
    ];
    let mut calls = BTreeSet::new();
    gather_calls(&root().join("shared/aws/src"), &mut calls);
    let in_transactions = fs::read_to_string(root().join("shared/aws/src/transaction.rs")).unwrap();

    assert_eq!(calls, CALLS.map(str::to_owned).into());
    assert!(!in_transactions.contains(".update("));
}

/// A call is what a client is asked for, without arguments, on its line or on the one after it.
fn gather_calls(folder: &Path, calls: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather_calls(&path, calls);
            continue;
        }
        let text: String = fs::read_to_string(&path).unwrap().lines().map(str::trim).collect();
        for client in [".client.", ".kms."] {
            let asked = text.split(client).skip(1);
            let asked = asked.filter_map(|it| Some(it.split_once("()")?.0));
            let is_name = |it: &&str| it.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
            calls.extend(asked.filter(is_name).map(|it| format!(".{it}()")));
        }
    }
}
