//! The announcers' own configurations, as the page on actuators shows them. In: a kind. Out: the words of a command, its surroundings.

use crate::lab::{Lab, Owners, Speaks, TAG};
use std::fmt::Write;
use std::process::Command;

const GOBGP: &str = r#"[global.config]
as = 64512
router-id = "10.77.0.2"
port = 179
local-address-list = ["10.77.0.2"]
[[neighbors]]
[neighbors.config]
neighbor-address = "10.77.0.1"
peer-as = 64512
[neighbors.timers.config]
connect-retry = 1
hold-time = 9
"#;

const BIRD: &str = "router id 10.77.0.2;
protocol device { }
ipv4 table master4;
ipv6 table master6;
flow4 table flowtab4;
flow6 table flowtab6;
protocol bgp to_router {
  local 10.77.0.2 as 64512;
  neighbor 10.77.0.1 as 64512;
  hold time 9;
  graceful restart off;
  connect retry time 1; connect delay time 1; error wait time 1,2;
";

const SECOND: &str = "protocol bgp to_second {
  local 10.77.0.2 as 64512;
  neighbor 10.77.1.2 as 64512;
  multihop;
  hold time 9;
  graceful restart off;
  connect retry time 1; connect delay time 1; error wait time 1,2;
";

const EXABGP: &str = "neighbor 10.77.0.1 {
  router-id 10.77.0.2; local-address 10.77.0.2; local-as 64512; peer-as 64512; hold-time 9;
  family { ipv4 unicast; ipv6 unicast; ipv4 flow; ipv6 flow; }
  capability { graceful-restart disable; }
}
";

impl Lab {
    /// The words of the announcer's command, behind `ip`.
    pub(crate) fn announcer_words(&self) -> Vec<String> {
        let mut words = vec!["netns".to_owned(), "exec".to_owned(), self.ns("a")];
        words.extend(match self.speaks {
            Speaks::Gobgp => self.gobgp_words(),
            Speaks::Bird => self.bird_words(),
            Speaks::Exabgp => self.exabgp_words(),
        });
        words
    }

    fn gobgp_words(&self) -> Vec<String> {
        self.gobgpd(GOBGP, "gobgp")
    }

    /// Starts a second router, a `GoBGP` at the client's place, which hears the announcer; its socket is `second.sock`.
    pub(crate) fn second(&self) -> Owners {
        let own = GOBGP.replace("10.77.0.2", "10.77.1.2");
        let words = self.gobgpd(&own.replace("10.77.0.1", "10.77.0.2"), "second");
        self.started("c", &words)
    }

    fn gobgpd(&self, head: &str, name: &str) -> Vec<String> {
        let mut config = head.to_owned();
        for family in [
            "ipv4-unicast",
            "ipv6-unicast",
            "ipv4-flowspec",
            "ipv6-flowspec",
        ] {
            let table = "[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]";
            writeln!(config, "{table}\nafi-safi-name = \"{family}\"").unwrap();
        }
        let config = self.text(&format!("{name}.toml"), &config);
        let api = format!("unix://{}", self.path(&format!("{name}.sock")).display());
        let words = [
            "gobgpd",
            "-f",
            &config,
            "--api-hosts",
            &api,
            "--pprof-disable",
        ];
        words.map(str::to_owned).into()
    }

    fn bird_words(&self) -> Vec<String> {
        let include = self.path("sakimori.conf");
        if !include.exists() {
            std::fs::write(&include, "").unwrap();
        }
        let ours = format!("({}) ~ bgp_large_community", TAG.replace(':', ","));
        let filter = format!("import none; export filter {{ if {ours} then accept; reject; }};");
        let mut config = BIRD.to_owned();
        for family in ["ipv4", "ipv6", "flow4", "flow6"] {
            writeln!(config, "  {family} {{ {filter} }};").unwrap();
        }
        // A second peer beyond the router, which is there in one test alone.
        writeln!(config, "}}\n{SECOND}").unwrap();
        for family in ["ipv4", "ipv6", "flow4", "flow6"] {
            writeln!(config, "  {family} {{ {filter} }};").unwrap();
        }
        writeln!(config, "}}\ninclude \"{}\";", include.display()).unwrap();
        let config = self.text("announcer.conf", &config);
        let socket = self.path("announcer.ctl").display().to_string();
        ["bird", "-f", "-c", &config, "-s", &socket]
            .map(str::to_owned)
            .into()
    }

    fn exabgp_words(&self) -> Vec<String> {
        let config = self.text("exabgp.conf", EXABGP);
        let run = self.path("run");
        if !run.exists() {
            std::fs::create_dir(&run).unwrap();
            for end in ["in", "out"] {
                let pipe = run.join(format!("{}.{end}", self.name));
                let made = Command::new("mkfifo").arg(pipe).status();
                assert!(made.unwrap().success());
            }
        }
        let program = self.exabgp.as_ref().unwrap().display().to_string();
        vec![program, "server".to_owned(), config]
    }

    pub(crate) fn surroundings(&self) -> Vec<(String, String)> {
        let root = self.folder.path().display().to_string();
        let pairs: &[(&str, &str)] = match self.speaks {
            Speaks::Gobgp | Speaks::Bird => &[],
            Speaks::Exabgp => &[
                ("exabgp_daemon_user", "root"),
                ("exabgp_api_pipename", &self.name),
                ("EXABGP_ROOT", &root),
            ],
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }
}
