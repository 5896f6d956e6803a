//! Three namespaces in a row: a client, a router with the packet filter, a site with a target and its neighbour. In: words for `ip` and `nft`. Out: sockets, what passes. Never: a name that another test has; a namespace that stays.

use sakimori_actuator::packet::{Config, Nftables};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Effect, Key};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) const CLIENT: &str = "10.77.1.2";
pub(crate) const TARGET: &str = "10.77.2.2";
pub(crate) const NEIGHBOUR: &str = "10.77.2.3";
pub(crate) const CLIENT6: &str = "fd77:1::2";
pub(crate) const TARGET6: &str = "fd77:2::2";
pub(crate) const NEIGHBOUR6: &str = "fd77:2::3";
/// The table of the tests.
pub(crate) const TABLE: &str = "sakimori_t";
/// A table of others: rules, a counter, a set, and the accept of what is established that lets open flows live elsewhere.
pub(crate) const OTHERS: &str = "table inet others {
	counter seen { }
	set known { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 203.0.113.9 }; }
	chain forward {
		type filter hook forward priority -500; policy accept;
		ct state established,related accept
		ip saddr @known counter drop
		counter name seen
	}
}
";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The namespaces, gone with this value.
pub(crate) struct Site {
    pub(crate) client: String,
    pub(crate) router: String,
    pub(crate) far: String,
}

fn ip(words: &str) -> bool {
    let ran = Command::new("ip").args(words.split(' ')).output();
    ran.is_ok_and(|ran| ran.status.success())
}

impl Site {
    /// `None`, with a line that tells the test, where this machine has no `nft` or lets nobody make namespaces.
    pub(crate) fn lay(test: &str) -> Option<Self> {
        sakimori_testkit::program(test, "ip")?;
        sakimori_testkit::program(test, "nft")?;
        let id = format!(
            "{}x{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let own = Self {
            client: format!("skp-{id}-c"),
            router: format!("skp-{id}-r"),
            far: format!("skp-{id}-s"),
        };
        if own.laid(&id) {
            return Some(own);
        }
        sakimori_testkit::skip(test, "this system lets nobody make network namespaces");
        None
    }

    /// Makes the namespaces; the id is that of their names.
    pub(crate) fn laid(&self, id: &str) -> bool {
        let Self {
            client,
            router,
            far,
        } = self;
        let mut words = vec![
            format!("netns add {client}"),
            format!("netns add {router}"),
            format!("netns add {far}"),
            format!("link add a{id} netns {client} type veth peer name b{id} netns {router}"),
            format!("link add d{id} netns {far} type veth peer name e{id} netns {router}"),
        ];
        for (space, link, addresses) in [
            (
                client,
                format!("a{id}"),
                vec!["10.77.1.2/24", "fd77:1::2/64"],
            ),
            (
                router,
                format!("b{id}"),
                vec!["10.77.1.1/24", "fd77:1::1/64"],
            ),
            (
                router,
                format!("e{id}"),
                vec!["10.77.2.1/24", "fd77:2::1/64"],
            ),
            (
                far,
                format!("d{id}"),
                vec![
                    "10.77.2.2/24",
                    "10.77.2.3/24",
                    "fd77:2::2/64",
                    "fd77:2::3/64",
                ],
            ),
        ] {
            for address in addresses {
                let more = if address.contains(':') { " nodad" } else { "" };
                words.push(format!("-n {space} address add {address} dev {link}{more}"));
            }
            words.push(format!("-n {space} link set {link} up"));
            words.push(format!("-n {space} link set lo up"));
        }
        for (space, net) in [(client, 1), (far, 2)] {
            words.push(format!("-n {space} route add default via 10.77.{net}.1"));
            words.push(format!("-n {space} -6 route add default via fd77:{net}::1"));
        }
        words.iter().all(|words| ip(words))
            && within(router, || {
                let on = |path| std::fs::write(path, "1").is_ok();
                on("/proc/sys/net/ipv4/ip_forward") && on("/proc/sys/net/ipv6/conf/all/forwarding")
            })
    }

    /// The configuration of the packet filter on the router.
    pub(crate) fn config(&self) -> Config {
        Config {
            table: TABLE.to_owned(),
            program: ["ip", "netns", "exec", &self.router, "nft"]
                .map(str::to_owned)
                .to_vec(),
            // Other tests run beside.
            answer_ms_max: 5000,
            ..Config::default()
        }
    }

    pub(crate) fn start(&self) -> Nftables {
        Nftables::start(&self.config()).unwrap()
    }

    /// What `nft` says on the router; its words are split at spaces.
    pub(crate) fn nft(&self, words: &str) -> (bool, String) {
        let ran = Command::new("ip")
            .args(["netns", "exec", &self.router, "nft"])
            .args(words.split(' '))
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        let text = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
        (ran.status.success(), text)
    }

    /// Loads rules on the router.
    pub(crate) fn load(&self, rules: &str) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), rules).unwrap();
        let (well, said) = self.nft(&format!("-f {}", file.path().display()));
        assert!(well, "{said}");
    }

    /// Everything that is loaded, without what traffic changes.
    pub(crate) fn ruleset(&self) -> String {
        self.nft("-s list ruleset").1
    }

    /// A table of others.
    pub(crate) fn table(&self, name: &str) -> String {
        self.nft(&format!("-s list table inet {name}")).1
    }

    /// Whether our table is there.
    pub(crate) fn is_there(&self) -> bool {
        self.nft(&format!("list table inet {TABLE}")).0
    }
}

impl Site {
    /// Takes the namespaces away.
    pub(crate) fn clear(&self) {
        for name in [&self.client, &self.router, &self.far] {
            ip(&format!("netns delete {name}"));
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Does something in a namespace; sockets that it makes stay there.
pub(crate) fn within<T: Send>(space: &str, work: impl FnOnce() -> T + Send) -> T {
    let inside = || {
        let file = File::open(format!("/run/netns/{space}")).unwrap();
        let kind = Some(rustix::thread::LinkNameSpaceType::Network);
        rustix::thread::move_into_link_name_space(file.as_fd(), kind).unwrap();
        work()
    };
    std::thread::scope(|scope| scope.spawn(inside).join().unwrap())
}

/// Answers everything on TCP and UDP with the same, at one address. Its threads end with the tests.
pub(crate) fn echo(space: &str, at: &str) -> SocketAddr {
    let address: IpAddr = at.parse().unwrap();
    let (tcp, udp) = within(space, move || {
        let tcp = TcpListener::bind((address, 0)).unwrap();
        let udp = UdpSocket::bind(tcp.local_addr().unwrap()).unwrap();
        (tcp, udp)
    });
    let at = tcp.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in tcp.incoming().flatten() {
            std::thread::spawn(move || {
                let (mut from, mut to) = (stream.try_clone().unwrap(), stream);
                std::io::copy(&mut from, &mut to).ok();
            });
        }
    });
    std::thread::spawn(move || {
        let mut bytes = [0; 64];
        while let Ok((length, from)) = udp.recv_from(&mut bytes) {
            udp.send_to(&bytes[..length], from).ok();
        }
    });
    at
}

/// Opens a flow; nothing where it cannot be opened within half a second.
pub(crate) fn open(space: &str, to: SocketAddr) -> Option<TcpStream> {
    within(space, move || {
        TcpStream::connect_timeout(&to, Duration::from_millis(500)).ok()
    })
}

/// Whether a flow still carries something there and back.
pub(crate) fn flows(stream: &mut TcpStream) -> bool {
    let wait = Some(Duration::from_millis(1500));
    stream.set_read_timeout(wait).unwrap();
    let mut bytes = [0; 4];
    stream.write_all(b"ping").is_ok() && stream.read_exact(&mut bytes).is_ok() && bytes == *b"ping"
}

/// A place from which single packets are sent, and answers counted.
pub(crate) struct Probe {
    socket: UdpSocket,
    to: SocketAddr,
    sent: u32,
}

impl Probe {
    pub(crate) fn new(space: &str, from: &str, to: SocketAddr) -> Self {
        let address: IpAddr = from.parse().unwrap();
        let socket = within(space, move || UdpSocket::bind((address, 0)).unwrap());
        let wait = Some(Duration::from_millis(60));
        socket.set_read_timeout(wait).unwrap();
        Self {
            socket,
            to,
            sent: 0,
        }
    }

    /// Whether a packet of now comes back.
    pub(crate) fn passes(&mut self) -> bool {
        self.sent += 1;
        let own = self.sent.to_be_bytes();
        if self.socket.send_to(&own, self.to).is_err() {
            return false;
        }
        let mut bytes = [0; 64];
        while let Ok(length) = self.socket.recv(&mut bytes) {
            // Answers to earlier ones can still be on their way.
            if bytes[..length] == own {
                return true;
            }
        }
        false
    }

    /// Whether five in a row are lost: a busy machine loses none of them.
    pub(crate) fn is_dead(&mut self) -> bool {
        (0..5).all(|_| !self.passes())
    }

    /// Whether one comes through before long.
    pub(crate) fn is_alive(&mut self) -> bool {
        until(3, || self.passes())
    }
}

/// A place that sends and one that receives: whether packets arrive, whatever becomes of answers.
pub(crate) struct OneWay {
    from: UdpSocket,
    at: UdpSocket,
    pub(crate) to: SocketAddr,
}

impl OneWay {
    /// From a namespace and its address to another.
    pub(crate) fn new(from: (&str, &str), at: (&str, &str)) -> Self {
        let bound = |(space, address): (&str, &str)| {
            let address: IpAddr = address.parse().unwrap();
            within(space, move || UdpSocket::bind((address, 0)).unwrap())
        };
        let (from, at) = (bound(from), bound(at));
        at.set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let to = at.local_addr().unwrap();
        Self { from, at, to }
    }

    /// Whether one of five arrives.
    pub(crate) fn arrives(&self) -> bool {
        (0..5).any(|_| {
            // Refused at once is as good as lost.
            self.from.send_to(b"there", self.to).ok();
            self.at.recv(&mut [0; 8]).is_ok()
        })
    }
}

/// Waits for a condition; false where it does not come.
pub(crate) fn until(seconds: u64, mut condition: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begin.elapsed() > Duration::from_secs(seconds) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A time in milliseconds.
pub(crate) fn ms(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1000.0
}

pub(crate) fn key(measure: u8, target: &str) -> Key {
    Key {
        measure: [measure; 32],
        deed: Deed::Block,
        target: target.to_owned(),
    }
}

/// An effect of a measure; its end is told by its seconds alone.
pub(crate) fn effect(measure: u8, target: &str, seconds: u64) -> Effect {
    Effect {
        key: key(measure, target),
        until: Seconds(1_800_000_000 + seconds),
        seconds,
    }
}

/// What a look shows, as measures and targets.
pub(crate) fn seen(filter: &mut Nftables) -> Vec<(u8, String)> {
    let found = filter.look().unwrap();
    found
        .into_iter()
        .map(|one| (one.key.measure[0], one.key.target))
        .collect()
}

/// The words of a fault, and whether another try can help.
pub(crate) fn words<T>(result: Result<T, Fault>) -> (bool, String) {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(fault @ Fault::Never { .. }) => (false, fault.to_string()),
        Err(fault @ Fault::Now { .. }) => (true, fault.to_string()),
    }
}
