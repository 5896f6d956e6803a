//! The same objects in OASIS's own server, medallion, with its store in memory, over HTTP on loopback. In: its program, how many objects. Out: milliseconds a page, objects a
//! second. Never: a wait without an end: who has not answered by the deadline is told with it.

use super::drawn::{envelope, object};
use super::store::{BEGIN, C, moment};
use super::{Outcome, timed, told};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The longest wait for an answer.
const DEADLINE: Duration = Duration::from_mins(2);
const MEDIA: &str = "application/taxii+json;version=2.1";
/// Objects of a page and of a post.
const PAGE: u64 = 1000;

/// A server that ends with this value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub(crate) fn run(program: &str, count: u64, folder: &Path) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    let port = {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        free.local_addr()?.port()
    };
    let config = prepare(count, folder)?;
    let log = std::fs::File::create(folder.join("log"))?;
    let server = Command::new(program)
        .args(["--port", &port.to_string()])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    let server = Server(server);
    wait(port)?;
    // The newest specification and every version are asked for by name: without, it compares each object with each once more.
    let query = format!("limit={PAGE}&match[spec_version]=2.1&match[version]=all");
    let get = request("GET", &format!("objects/?{query}"), "");
    let times = if count > 1000 { 1 } else { 3 };
    if count <= 10_000 {
        for _ in 0..times {
            let (answer, took) = timed(|| Ok(ask(port, &get)?))?;
            let Some(answer) = answer else {
                told("page", DEADLINE.as_secs_f64() * 1000.0);
                return Ok(());
            };
            let found = answer.matches("\"spec_version\"").count() as u64;
            if found != count.min(PAGE) {
                return Err(format!("{found} objects on a page: {answer:.200}").into());
            }
            told("page", took.as_secs_f64() * 1000.0);
        }
    }
    // Others, a thousand behind all that are there.
    let post = request("POST", "objects/", &envelope(count..count + PAGE));
    let (answer, took) = timed(|| Ok(ask(port, &post)?))?;
    match answer {
        Some(answer) if answer.contains("\"complete\"") => {
            told("in.rate", PAGE as f64 / took.as_secs_f64());
        }
        Some(answer) => return Err(format!("{answer:.300}").into()),
        None => told("in.rate", PAGE as f64 / DEADLINE.as_secs_f64()),
    }
    drop(server);
    Ok(())
}

/// Writes its data and its configuration.
fn prepare(count: u64, folder: &Path) -> Outcome<std::path::PathBuf> {
    let (mut objects, mut manifest) = (Vec::new(), Vec::new());
    for number in 0..count {
        let mut object: Value = serde_json::from_str(&object(number))?;
        let added = moment(BEGIN + number);
        if object.get("modified").is_none() {
            // What it keeps of an object that says no version.
            object["_date_added"] = json!(added);
        }
        let version = object.get("modified").unwrap_or(&object["_date_added"]);
        manifest.push(json!({
            "id": object["id"],
            "date_added": added,
            "version": version,
            "media_type": "application/stix+json;version=2.1",
        }));
        objects.push(object);
    }
    let data = json!({
        "/discovery": { "title": "measured", "api_roots": ["http://127.0.0.1/trust/"] },
        "trust": {
            "information": { "title": "trust", "versions": [MEDIA], "max_content_length": 1 << 30 },
            "status": [],
            "collections": [{
                "id": C, "title": "objects", "can_read": true, "can_write": true,
                "media_types": ["application/stix+json;version=2.1"],
                "objects": objects, "manifest": manifest,
            }],
        },
    });
    let (file, config) = (folder.join("data.json"), folder.join("config.json"));
    std::fs::write(&file, data.to_string())?;
    let text = json!({
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": file.display().to_string(),
        },
        "users": { "a": "b" },
        "taxii": { "max_page_size": PAGE },
    });
    std::fs::write(&config, text.to_string())?;
    Ok(config)
}

/// Waits until it listens; loading a hundred thousand objects takes it a while.
fn wait(port: u16) -> Outcome<()> {
    for _ in 0..600 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Err("medallion does not listen".into())
}

fn request(method: &str, path: &str, body: &str) -> String {
    let path = path.replace('[', "%5B").replace(']', "%5D");
    format!(
        "{method} /trust/collections/{C}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic YTpi\r\nAccept: {MEDIA}\r\nContent-Type: {MEDIA}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// An answer to its end; `None` where the deadline came first.
fn ask(port: u16, request: &str) -> std::io::Result<Option<String>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        Ok(_) => Ok(Some(answer)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
