//! The API's document, as far as other rooms rely on it.

use std::collections::BTreeSet;

#[test]
fn the_document_names_every_route() {
    let document = serde_json::to_value(ocweb_git_manager::openapi()).unwrap();
    let operations: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    let expected = [
        "get /admin/chats",
        "post /admin/chats",
        "get /admin/chats/authorship",
        "put /admin/chats/authorship",
        "get /admin/chats/git",
        "get /admin/chats/permissions",
        "put /admin/chats/permissions",
        "get /admin/chats/{id}",
        "get /admin/chats/{id}/conversation",
        "get /admin/chats/{id}/diff",
        "get /admin/chats/{id}/file",
        "get /admin/chats/{id}/files",
        "get /admin/chats/{id}/git",
        "get /admin/chats/{id}/log",
        "get /admin/chats/{id}/raw",
        "get /admin/chats/{id}/search",
        "delete /admin/chats/{id}",
        "put /admin/chats/{id}/archived",
        "put /admin/chats/{id}/base",
        "put /admin/chats/{id}/permissions",
        "post /admin/chats/{id}/cancel",
        "post /admin/chats/{id}/prompts",
        "delete /admin/chats/{id}/prompts/{prompt}",
        "post /admin/chats/{id}/prompts/{prompt}/send",
        "post /admin/chats/{id}/commits",
        "post /admin/chats/{id}/proposals/{kind}",
        "post /admin/chats/{id}/push",
        "post /admin/chats/{id}/update",
        "delete /admin/chats/{id}/update",
        "post /admin/chats/{id}/resume",
        "post /admin/chats/{id}/retry",
        "post /admin/chats/{id}/stop",
        "post /admin/gc",
        "get /admin/chats/{id}/setup",
        "post /admin/chats/{id}/setup/skip",
        "get /admin/repairs",
        "delete /admin/repairs/{id}",
        "get /admin/repos/{owner}/{name}/check",
        "post /admin/repos/{owner}/{name}/check",
        "get /admin/repos/{owner}/{name}/setup",
        "put /admin/repos/{owner}/{name}/setup",
        "get /admin/repos",
        "post /admin/repos/clone",
        "delete /admin/repos/{owner}/{name}",
        "get /admin/repos/{owner}/{name}/branches",
        "post /admin/repos/{owner}/{name}/fetch",
        "get /admin/saved",
        "delete /admin/saved/{id}",
        "post /admin/saved/{id}/restore",
        "get /admin/worktrees",
        "post /admin/worktrees",
        "delete /admin/worktrees/{owner}/{name}/{session_id}",
    ];
    let named: BTreeSet<_> = expected.into_iter().map(String::from).collect();
    let missing: Vec<_> = named.difference(&operations).collect();
    let unexpected: Vec<_> = operations.difference(&named).collect();
    assert!(
        missing.is_empty() && unexpected.is_empty(),
        "missing {missing:?}, not named here {unexpected:?}"
    );
    for schema in [
        "Repository",
        "Worktree",
        "Chat",
        "Prompt",
        "FirstPrompt",
        "Progress",
        "Extent",
        "Collected",
        "Diff",
        "GitStat",
        "Problem",
    ] {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
    }
}
