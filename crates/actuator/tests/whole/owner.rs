//! An owner's machine whose actuator has real systems. In: a section of the configuration, effects of a measure. Out: the running program, its approval brought and its commands posted over HTTPS. Never: a drill.

use crate::world::{World, begin, command, measure_of};
use sakimori_custody::time::Seconds;
use sakimori_respond::safety::Class;
use sakimori_respond::safety::list::Draft;
use sakimori_testkit::folder::{Plan, signer};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};

/// A machine with one system, and the approval for it.
pub(crate) struct Owner {
    pub(crate) world: World,
    plan: Plan,
    step: u64,
}

impl Owner {
    /// A machine whose actuator runs. `section` is the system's part of the configuration, with its name; `effects` are `DEED TARGET`.
    pub(crate) fn start(section: (&str, Value), effects: &[String]) -> Self {
        let mut world = World::new(|config| {
            let all = config.as_object_mut().unwrap();
            all.remove("drill");
            all.insert(section.0.to_owned(), section.1);
            config["lists"]["note"] = json!("lists.note");
            config["lists"]["file"] = json!("lists.jsonl");
        });
        let mut draft = Draft::default();
        draft
            .addition("emergency", Class::Never, "*.119.example\n")
            .unwrap();
        let time = Seconds(begin());
        let built = draft.finish(1, time, time.plus(86_400), 1).unwrap();
        let mut note = Note::sign(&built.lists.to_string(), &[], 0).unwrap();
        for who in ["office", "m1"] {
            note.add(&signer(who), 0);
        }
        std::fs::write(world.path("lists.note"), note.to_bytes()).unwrap();
        std::fs::write(world.path("lists.jsonl"), &built.file).unwrap();
        let pairs = effects.iter().map(|effect| effect.split_once(' ').unwrap());
        let measure = measure_of(pairs);
        let plan = Plan::measure(&measure).at(begin());
        world.start();
        Self {
            world,
            plan,
            step: 0,
        }
    }

    /// Waits until every system says what it has in force.
    pub(crate) fn ready(&self) {
        crate::world::wait("what is in force is seen", 60, || {
            let shown = self.world.shown();
            let all = shown["substrates"].as_array().unwrap();
            all.iter()
                .all(|one| one["seen"] == true && one["fault"].is_null())
        });
    }

    /// Brings the approval; what the rehearsal said of it.
    pub(crate) fn approve(&self) -> Value {
        let (status, body) = self.world.approve(&self.plan);
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Puts something in force; it is read back when this returns. `target` and `more` are the command's own.
    pub(crate) fn deny(&mut self, deed: &str, target: Value, more: &Value) {
        let (status, said) = self.try_deny(deed, target, more, 600);
        assert_eq!(status, 200, "{said}: {}", self.world.log());
    }

    /// Commands it for so many seconds; the answer.
    pub(crate) fn try_deny(
        &mut self,
        deed: &str,
        target: Value,
        more: &Value,
        seconds: u64,
    ) -> (u16, Value) {
        self.step += 1;
        let mut body = command(
            &format!("c-{}", self.step),
            self.step,
            "deny",
            "x.example",
            seconds,
        );
        body["target"] = target;
        let slpf = body["target"]
            .as_object()
            .is_some_and(|target| target.keys().any(|key| key.starts_with("ip")));
        if slpf {
            body["args"]["slpf"] = json!({"direction": "both", "persistent": false});
        }
        body["args"]["x-sakimori"] = json!({ "deed": deed });
        for (name, value) in more.as_object().into_iter().flatten() {
            body["args"]["x-sakimori"][name] = value.clone();
        }
        self.world.post(&body)
    }

    /// The owner's stop.
    pub(crate) fn stop(&self) {
        let (status, said) = self.world.word(&sakimori_actuator::local::Word::Stop);
        assert_eq!(status, 200, "{said}");
    }

    /// What a receipt of now says that a target met: times and bytes.
    pub(crate) fn met(&self, target: &str) -> (u64, u64) {
        let receipt = self.world.effects();
        let mut lines = receipt.effects.iter();
        let line = lines.find(|line| line.target == target).unwrap();
        (line.times, line.bytes)
    }
}
