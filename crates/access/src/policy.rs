//! Cedar: the policy as a value that answers questions. In: who (roles, clearances, cases, scopes), act, object. Out: a decision. Never: a store, a clock.

use crate::AccessError;
use crate::acts::Act;
use crate::may::{Decision, Object, Powers, Reason};
use cedar_policy::{
    Authorizer, Context, Effect, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    Policy as CedarPolicy, PolicyId, PolicySet, Request, RestrictedExpression, Schema,
    ValidationMode, Validator,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;

/// The policy's text.
pub const POLICY: &str = include_str!("../policy/access.cedar");
/// Its schema's text.
pub const SCHEMA: &str = include_str!("../policy/access.cedarschema");

/// The names of Cedar's types, read once.
struct Types {
    person: EntityTypeName,
    machine: EntityTypeName,
    object: EntityTypeName,
    role: EntityTypeName,
    action: EntityTypeName,
}

/// The policy, read and held to its schema.
pub(crate) struct Policy {
    set: PolicySet,
    /// What permits, without what forbids.
    permits: PolicySet,
    schema: Schema,
    types: Types,
    authorizer: Authorizer,
}

fn fault(error: impl std::fmt::Display) -> AccessError {
    AccessError::Policy(error.to_string())
}

fn type_name(name: &str) -> Result<EntityTypeName, AccessError> {
    EntityTypeName::from_str(name).map_err(fault)
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn set<'a>(values: impl IntoIterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(values.into_iter().map(text))
}

impl Policy {
    /// Reads a policy and its schema.
    ///
    /// # Errors
    /// [`AccessError::Policy`] where one is not Cedar, where a policy does not hold to the schema, or has no `@id`.
    pub(crate) fn read(policy: &str, schema: &str) -> Result<Self, AccessError> {
        let (schema, warnings) = Schema::from_cedarschema_str(schema).map_err(fault)?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(fault(warning));
        }
        let (mut set, mut permits) = (PolicySet::new(), PolicySet::new());
        for policy in PolicySet::from_str(policy).map_err(fault)?.policies() {
            // The names that reasons are told from.
            let id = policy
                .annotation("id")
                .ok_or_else(|| fault("a policy has no @id"))?;
            let named: CedarPolicy = policy.new_id(PolicyId::new(id));
            if named.effect() == Effect::Permit {
                permits.add(named.clone()).map_err(fault)?;
            }
            set.add(named).map_err(fault)?;
        }
        let outcome = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if !outcome.validation_passed_without_warnings() {
            return Err(fault(outcome));
        }
        Ok(Self {
            set,
            permits,
            schema,
            types: Types {
                person: type_name("Person")?,
                machine: type_name("Machine")?,
                object: type_name("Object")?,
                role: type_name("Role")?,
                action: type_name("Action")?,
            },
            authorizer: Authorizer::new(),
        })
    }

    /// Whether a person with these powers may.
    pub(crate) fn person(
        &self,
        id: &str,
        powers: &Powers,
        act: Act,
        on: &Object,
    ) -> Result<Decision, AccessError> {
        let mut attributes = HashMap::from([
            ("id".to_owned(), text(id)),
            (
                "cleared".to_owned(),
                set(powers.cleared.iter().map(|class| class.word())),
            ),
            (
                "cases".to_owned(),
                set(powers.cases.iter().map(String::as_str)),
            ),
        ]);
        if let Some(ministry) = powers.ministry {
            attributes.insert("ministry".to_owned(), text(ministry.word()));
        }
        let roles: HashSet<EntityUid> = powers
            .roles
            .iter()
            .map(|role| uid(&self.types.role, role.word()))
            .collect();
        let who = Entity::new(uid(&self.types.person, id), attributes, roles).map_err(fault)?;
        self.ask(who, act, on, Reason::NoRole)
    }

    /// Whether a machine with these scopes may.
    pub(crate) fn machine(
        &self,
        id: &str,
        scopes: &BTreeSet<Act>,
        act: Act,
        on: &Object,
    ) -> Result<Decision, AccessError> {
        // The schema knows no machine that does another act, so there is nothing to ask.
        if !act.is_for_machines() {
            return Ok(Decision::refuse([Reason::NoScope]));
        }
        let attributes = HashMap::from([(
            "scopes".to_owned(),
            set(scopes.iter().map(|scope| scope.word())),
        )]);
        let who =
            Entity::new(uid(&self.types.machine, id), attributes, HashSet::new()).map_err(fault)?;
        self.ask(who, act, on, Reason::NoScope)
    }

    fn object(&self, on: &Object) -> Result<Entity, AccessError> {
        let mut attributes = HashMap::from([(
            "voters".to_owned(),
            set(on.voters.iter().map(String::as_str)),
        )]);
        let named = [
            ("class", on.class.map(crate::Class::word)),
            ("case", on.case.as_deref()),
            ("requester", on.requester.as_deref()),
            ("subject", on.subject.as_deref()),
            ("ministry", on.ministry.map(crate::Ministry::word)),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                attributes.insert(name.to_owned(), text(value));
            }
        }
        Entity::new(uid(&self.types.object, "it"), attributes, HashSet::new()).map_err(fault)
    }

    fn ask(
        &self,
        who: Entity,
        act: Act,
        on: &Object,
        without: Reason,
    ) -> Result<Decision, AccessError> {
        let object = self.object(on)?;
        let context = if act.is_for_machines() {
            Context::from_pairs([("act".to_owned(), text(act.word()))]).map_err(fault)?
        } else {
            Context::empty()
        };
        let request = Request::new(
            who.uid(),
            uid(&self.types.action, act.word()),
            object.uid(),
            context,
            Some(&self.schema),
        )
        .map_err(fault)?;
        let roles: Vec<Entity> = crate::Role::ALL
            .iter()
            .map(|role| Entity::new_no_attrs(uid(&self.types.role, role.word()), HashSet::new()))
            .collect();
        let entities =
            Entities::from_entities(roles.into_iter().chain([who, object]), Some(&self.schema))
                .map_err(fault)?;
        let answer = self
            .authorizer
            .is_authorized(&request, &self.set, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(fault(error));
        }
        if answer.decision() == cedar_policy::Decision::Allow {
            return Ok(Decision::ALLOW);
        }
        let reasons: Vec<Reason> = answer
            .diagnostics()
            .reason()
            .filter_map(|policy| told(policy.as_ref()))
            .collect();
        // Cedar names what forbids; where nothing permits either, that is told too, so that all that is missing is told at once.
        let permitted = self
            .authorizer
            .is_authorized(&request, &self.permits, &entities)
            .decision()
            == cedar_policy::Decision::Allow;
        let missing = (!permitted).then_some(without);
        Ok(Decision::refuse(reasons.into_iter().chain(missing)))
    }
}

/// The reason that a policy's name stands for.
fn told(policy: &str) -> Option<Reason> {
    match policy {
        "no-clearance" => Some(Reason::NoClearance),
        "not-in-case" => Some(Reason::NotInCase),
        "own-request" => Some(Reason::OwnRequest),
        "oneself" => Some(Reason::Oneself),
        "voter" => Some(Reason::Voter),
        "other-ministry" => Some(Reason::OtherMinistry),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_holds_to_its_schema_and_the_schema_to_the_acts() {
        let policy = Policy::read(POLICY, SCHEMA).unwrap();
        assert_eq!(policy.set.policies().count(), crate::Role::ALL.len() + 7);
        let mut known: Vec<String> = policy
            .schema
            .actions()
            .map(|action| action.id().unescaped().to_owned())
            .collect();
        known.sort();
        let mut acts: Vec<&str> = Act::ALL.iter().map(|act| act.word()).collect();
        // The group of the acts that show data.
        acts.push("data");
        acts.sort_unstable();
        assert_eq!(known, acts);
    }

    #[test]
    fn the_group_of_data_is_what_the_code_says() {
        let policy = Policy::read(POLICY, SCHEMA).unwrap();
        // With every role and nothing else: what shows data is refused for want of clearance and case, the rest is not.
        let powers = Powers {
            roles: crate::Role::ALL.iter().copied().collect(),
            ..Powers::default()
        };
        for act in Act::ALL {
            let decision = policy.person("a", &powers, *act, &Object::any()).unwrap();
            let expected: &[Reason] = match act {
                act if act.shows_data() => &[Reason::NoClearance, Reason::NotInCase],
                Act::SeeAffected => &[Reason::OtherMinistry],
                Act::RelayNotes | Act::ReadShared | Act::WriteShared => &[Reason::NoRole],
                _ => &[],
            };
            assert_eq!(decision.reasons, expected, "{act}");
        }
    }

    /// Each role, cleared and in a case or one of them only, at each act, with each thing that may stand in the way.
    fn questions() -> Vec<(Powers, Act, Object)> {
        let data = Object::data(crate::Class::Selected, "c");
        let mut voted = data.clone();
        voted.voters.push("a".to_owned());
        let of_ministry = |ministry| Object {
            ministry: Some(ministry),
            ..data.clone()
        };
        let named = [crate::Ministry::Meti, crate::Ministry::Mlit].map(of_ministry);
        let mut objects = vec![data.clone(), voted, Object::asked_by("a"), Object::of("a")];
        objects.extend(named);
        let mut questions = Vec::new();
        for (cleared, in_case) in [(true, true), (false, true), (true, false)] {
            for role in crate::Role::ALL {
                let powers = Powers {
                    roles: [*role].into(),
                    cleared: cleared
                        .then_some(crate::Class::Selected)
                        .into_iter()
                        .collect(),
                    cases: in_case.then(|| "c".to_owned()).into_iter().collect(),
                    ministry: Some(crate::Ministry::Meti),
                };
                let all = Act::ALL
                    .iter()
                    .flat_map(|act| objects.iter().map(move |on| (act, on)));
                questions.extend(all.map(|(act, on)| (powers.clone(), *act, on.clone())));
            }
        }
        questions
    }

    fn answer(policy: &Policy, (powers, act, on): &(Powers, Act, Object)) -> bool {
        policy.person("a", powers, *act, on).unwrap().allow
    }

    #[test]
    fn each_rule_decides_something_that_no_other_decides() {
        let whole = Policy::read(POLICY, SCHEMA).unwrap();
        let questions = questions();
        let answers: Vec<bool> = questions.iter().map(|one| answer(&whole, one)).collect();
        let rules: Vec<&str> = POLICY.split("@id(").collect();
        assert_eq!(rules.len(), crate::Role::ALL.len() + 8);
        for left_out in 1..rules.len() {
            let kept: Vec<&str> = (0..rules.len())
                .filter(|place| *place != left_out)
                .map(|place| rules[place])
                .collect();
            let policy = Policy::read(&kept.join("@id("), SCHEMA).unwrap();
            let scopes = BTreeSet::from([Act::RelayNotes]);
            let machine = policy.machine("m", &scopes, Act::RelayNotes, &Object::any());
            let missed = !machine.unwrap().allow
                || questions
                    .iter()
                    .zip(&answers)
                    .any(|(question, told)| answer(&policy, question) != *told);
            assert!(missed, "{}", rules[left_out].lines().next().unwrap());
        }
    }

    #[test]
    fn a_policy_that_does_not_hold_to_the_schema_is_refused() {
        let bad = [
            ("permit (principal, action, resource);", "@id"),
            (
                "@id(\"a\") permit (principal, action, resource) when { principal.root };",
                "",
            ),
            (
                "@id(\"a\") permit (principal, action == Action::\"fly\", resource);",
                "",
            ),
            (
                "@id(\"a\") permit (principal in Rôle::\"chair\", action, resource);",
                "",
            ),
            (
                "@id(\"a\") permit (principal, action, resource) when { 1 + true == 2 };",
                "",
            ),
            (
                "@id(\"a\") forbid (principal, action, resource); @id(\"a\") forbid (principal, action, resource);",
                "",
            ),
            ("@id(\"a\") permit (principal", ""),
        ];
        for (text, words) in bad {
            match Policy::read(text, SCHEMA) {
                Err(AccessError::Policy(why)) => assert!(why.contains(words), "{text}: {why}"),
                Err(error) => panic!("{text}: {error}"),
                Ok(_) => panic!("{text}"),
            }
        }
        assert!(Policy::read(POLICY, "entity").is_err());
    }
}
