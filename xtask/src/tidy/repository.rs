//! The repository as data. In: its root. Out: files with their texts, Cargo's metadata. Never: what Git ignores, or what Cargo built.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// Endings of the files whose text is looked at.
const TEXTS: [&str; 9] = [
    ".rs", ".md", ".toml", ".py", ".sh", ".c", ".yml", ".txt", "run",
];

/// Everything that checks look at.
pub(super) struct Repository {
    pub(super) files: Vec<File>,
    pub(super) packages: Vec<Package>,
    /// The hash of the country map that is there, in hex.
    pub(super) map: String,
}

/// A file, by its path from the root.
pub(super) struct File {
    pub(super) path: String,
    /// Empty where the file is no text.
    pub(super) text: String,
}

/// A package, ours or another's.
#[derive(Clone, Debug, Default)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) licence: Option<String>,
    /// Whether it is a member of this workspace.
    pub(super) own: bool,
    /// Names of its dependencies as its manifest has them.
    pub(super) dependencies: Vec<Dependency>,
    /// Ids of the packages that its normal and build dependencies are.
    pub(super) links: Vec<String>,
}

/// A line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// For tests alone.
    pub(super) dev: bool,
    /// In this workspace.
    pub(super) own: bool,
}

impl File {
    /// Whether its name ends like this.
    pub(super) fn is(&self, ending: &str) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, found)| found == ending)
    }
}

impl Repository {
    /// Reads everything.
    ///
    /// # Errors
    /// Where a folder cannot be read or Cargo says nothing.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        walk(root, root, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self {
            files,
            packages: packages(&metadata()?),
            map: super::map::hash(root)?,
        })
    }

    /// The text of a file; empty where there is none.
    pub(super) fn text(&self, path: &str) -> &str {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map_or("", |file| &file.text)
    }

    /// The workspace's own packages.
    pub(super) fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.own)
    }

    /// Files of Rust code.
    pub(super) fn code(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is("rs"))
    }

    /// Names of all packages that a package is linked with, its own name left out.
    pub(super) fn closure(&self, package: &Package) -> Vec<&str> {
        self.closure_beside(package, &[])
    }

    /// The same, without what only the packages of some names lead to.
    pub(super) fn closure_beside(&self, package: &Package, beside: &[&str]) -> Vec<&str> {
        let mut seen: Vec<&Package> = Vec::new();
        let mut next: Vec<&str> = package.links.iter().map(String::as_str).collect();
        while let Some(id) = next.pop() {
            let found = self.packages.iter().find(|p| p.id == id);
            let Some(found) = found.filter(|p| !seen.iter().any(|s| s.id == p.id)) else {
                continue;
            };
            if !beside.contains(&found.name.as_str()) {
                next.extend(found.links.iter().map(String::as_str));
            }
            seen.push(found);
        }
        seen.iter().map(|p| p.name.as_str()).collect()
    }
}

/// The short name of one of the workspace's packages.
pub(super) fn short(name: &str) -> &str {
    name.strip_prefix("sakimori-").unwrap_or(name)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let built = folder == root && name.starts_with("target");
        let ignored = built || matches!(name.as_str(), ".git" | "__pycache__");
        if ignored {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, files)?;
            continue;
        }
        let relative = path.strip_prefix(root)?.to_string_lossy().into_owned();
        let text = if TEXTS.iter().any(|ending| name.ends_with(ending)) {
            std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?
        } else {
            String::new()
        };
        files.push(File {
            path: relative,
            text,
        });
    }
    Ok(())
}

fn metadata() -> Result<Value> {
    let host = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("cannot run `rustc`")?;
    let host = String::from_utf8(host.stdout)?;
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("`rustc -vV` names no host")?;
    let mut cargo = crate::tools::cargo([
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        host,
    ]);
    let said = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run `cargo metadata`")?;
    if !said.status.success() {
        bail!("`cargo metadata` ended with {}", said.status);
    }
    serde_json::from_slice(&said.stdout).context("`cargo metadata` wrote no JSON")
}

fn texts<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The packages that metadata tell of.
pub(super) fn packages(metadata: &Value) -> Vec<Package> {
    let members: Vec<&str> = list(metadata, "workspace_members")
        .filter_map(Value::as_str)
        .collect();
    let nodes = || {
        metadata
            .get("resolve")
            .into_iter()
            .flat_map(|resolve| list(resolve, "nodes"))
    };
    list(metadata, "packages")
        .map(|package| {
            let id = texts(package, "id");
            let links = nodes()
                .filter(|node| texts(node, "id") == id)
                .flat_map(|node| list(node, "deps"));
            let linked = links
                .filter(|link| list(link, "dep_kinds").any(|kind| texts(kind, "kind") != "dev"));
            Package {
                id: id.to_owned(),
                name: texts(package, "name").to_owned(),
                licence: package
                    .get("license")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                own: members.contains(&id),
                dependencies: list(package, "dependencies").map(dependency).collect(),
                links: linked.map(|link| texts(link, "pkg").to_owned()).collect(),
            }
        })
        .collect()
}

fn dependency(value: &Value) -> Dependency {
    Dependency {
        name: texts(value, "name").to_owned(),
        dev: texts(value, "kind") == "dev",
        own: value.get("path").is_some_and(Value::is_string),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A repository of files alone.
    pub(in crate::tidy) fn with_files(files: &[(&str, &str)]) -> Repository {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        Repository {
            files: files.iter().map(file).collect(),
            packages: Vec::new(),
            map: String::new(),
        }
    }

    /// A package of the workspace with normal dependencies, `dev:` before those of its tests.
    pub(in crate::tidy) fn own(name: &str, dependencies: &[&str]) -> Package {
        let dependency = |text: &&str| {
            let name = text.trim_start_matches("dev:");
            let own = name.starts_with("sakimori");
            Dependency {
                name: name.to_owned(),
                dev: text.starts_with("dev:"),
                own,
            }
        };
        let dependencies: Vec<_> = dependencies.iter().map(dependency).collect();
        let links = dependencies
            .iter()
            .filter(|d| !d.dev)
            .map(|d| d.name.clone())
            .collect();
        Package {
            id: name.to_owned(),
            name: name.to_owned(),
            licence: None,
            own: true,
            dependencies,
            links,
        }
    }

    /// A package of somebody else.
    pub(in crate::tidy) fn other(name: &str, licence: Option<&str>, links: &[&str]) -> Package {
        Package {
            id: name.to_owned(),
            name: name.to_owned(),
            licence: licence.map(str::to_owned),
            links: links.iter().map(ToString::to_string).collect(),
            ..Package::default()
        }
    }

    #[test]
    fn metadata_become_packages_and_what_is_for_tests_is_not_linked() {
        let metadata = json!({
            "workspace_members": ["a 1"],
            "packages": [
                {"id": "a 1", "name": "a", "license": "MIT", "dependencies": [
                    {"name": "b", "kind": null}, {"name": "c", "kind": "dev", "path": "/c"}]},
                {"id": "b 1", "name": "b", "license": null, "dependencies": []},
                {"id": "c 1", "name": "c", "license": null, "dependencies": []},
            ],
            "resolve": {"nodes": [
                {"id": "a 1", "deps": [
                    {"pkg": "b 1", "dep_kinds": [{"kind": null}]},
                    {"pkg": "c 1", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "b 1", "deps": []},
            ]},
        });
        let repository = Repository {
            files: Vec::new(),
            packages: packages(&metadata),
            map: String::new(),
        };
        let own: Vec<_> = repository.own().collect();
        assert_eq!(own.len(), 1);
        assert_eq!(repository.closure(own[0]), ["b"]);
        assert!(own[0].dependencies[1].dev && own[0].dependencies[1].own);
        assert_eq!(own[0].licence.as_deref(), Some("MIT"));
    }
}
