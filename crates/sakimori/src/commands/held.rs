//! Who sees data at the office's machine. In: a person's id, an act, a case. Out: leave. Never: a look by somebody whom the node's server would refuse.

use super::serve::refused;
use crate::failure::Failure;
use sakimori_access::{Act, Class, Object};
use sakimori_control::{Host, Node};
use sakimori_custody::ids::Name;
use sakimori_node::{Options, Role};
use std::net::SocketAddr;

/// Holds who acts to role, clearance and case, where the office keeps people.
pub(super) fn held(
    node: &Node,
    store: Option<String>,
    host: &Host,
    act: Act,
    (actor, case): (&Name, &Name),
) -> Result<(), Failure> {
    let options = Options {
        role: Role::Office,
        node: node.clone(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        store,
        name: None,
        provider: None,
    };
    let on = Object::data(Class::Selected, &case.to_string());
    let decided = sakimori_node::held(&options, host, &actor.to_string(), (act, &on))?;
    decided.map(drop).map_err(|e| {
        let Failure { message, code } = refused(&e);
        Failure {
            message: format!("`{actor}`, {act}, case {case}: {message}"),
            code,
        }
    })
}
