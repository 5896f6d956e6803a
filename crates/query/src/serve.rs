//! One request, one answer. In: a pipe with the request. Out: a pipe with frames, an exit code. Never: a second request, a key after the buckets are open, an end
//! without a frame while the pipe stands.

use datafusion::arrow::array::RecordBatch;
use futures_util::{FutureExt, StreamExt};
use sakimori_lake::limits::{ANSWER_BYTES_MAX, FRAME_BYTES_MAX};
use sakimori_lake::session::{
    Frame, Kind, Limits, Request, SessionBucket, WireError, read_request, write_frame,
};
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::engine;
use crate::limits::{FRAME_ROWS, STACK_BYTES, THREADS_MAX};
use crate::process;
use crate::refusal::Refusal;
use crate::render;
use crate::statement;
use crate::stored::Stored;

/// Exit code where the caller is gone before its answer.
const PIPE: u8 = 75;

/// Answers the request on `input` and returns the exit code of the process: 0, or as [`Kind::exit_code`] says.
///
/// Changes the whole process: limits, Landlock, a system call filter. Call it once, from the only thread.
pub fn serve(input: &mut impl Read, output: &mut impl Write) -> u8 {
    // A message could carry a row; the frame says enough.
    std::panic::set_hook(Box::new(|_| {}));
    let mut output = Counted {
        inner: output,
        bytes: 0,
    };
    // The system is asked how many before the process is closed to its files.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(THREADS_MAX);
    let end = catch_unwind(AssertUnwindSafe(|| {
        request(input).and_then(|request| answer(request, threads, &mut output))
    }));
    let refusal = match end {
        Ok(Ok(())) => return 0,
        Ok(Err(End::Pipe)) => return PIPE,
        Ok(Err(End::Refused(refusal))) => refusal,
        Err(_) => gave_up(),
    };
    let code = refusal.kind().exit_code();
    match write_frame(&mut output, &refusal.into_frame()) {
        Ok(()) => code,
        Err(_) => PIPE,
    }
}

/// Why an answer ends early.
enum End {
    /// The caller is gone.
    Pipe,
    /// There is something to say.
    Refused(Refusal),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn ours(e: &dyn std::error::Error) -> Refusal {
    let cause = e
        .source()
        .map_or_else(String::new, |cause| format!(": {cause}"));
    Refusal::engine(format!("{e}{cause}"))
}

fn request(input: &mut impl Read) -> Result<Request, End> {
    process::keep_to_itself().map_err(|e| ours(&e))?;
    let request = read_request(input);
    Ok(request.map_err(|e| Refusal::engine(format!("the request does not read: {e}")))?)
}

/// Opens the buckets, forgets their keys, closes the process and runs the statement.
fn answer(request: Request, threads: usize, output: &mut Counted<impl Write>) -> Result<(), End> {
    let limits = request.limits();
    let folders = request
        .buckets()
        .iter()
        .map(|bucket| bucket.folder.as_path());
    process::keep_within(limits, folders).map_err(|e| ours(&e))?;
    let open = |bucket: &SessionBucket| bucket.open(request.now()).map_err(|e| Refusal::from(&e));
    let buckets = request.buckets().iter().map(open);
    let stored = Stored::new(buckets.collect::<Result<_, _>>()?);
    let sql = request.sql().to_owned();
    drop(request);
    process::close().map_err(|e| ours(&e))?;
    let (clock, engine) = runtimes(threads).map_err(|_| Refusal::memory(limits))?;
    let (sender, receiver) = channel(1);
    let job = engine.spawn(job(sql, stored, limits, threads, sender));
    let ended: Result<u64, End> = clock.block_on(async {
        let within = Duration::from_millis(limits.deadline_ms);
        let ended = tokio::time::timeout(within, async {
            write(receiver, limits, output).await?;
            let ended = job.await.map_err(|_| gave_up())?;
            Ok(ended?)
        });
        ended.await.map_err(|_| Refusal::deadline(limits))?
    });
    // A thread that is deep in a computation is not waited for; it ends with the process.
    engine.shutdown_background();
    let rows = ended?;
    write_frame(output, &Frame::End { rows }).map_err(|_| End::Pipe)
}

/// A thread that keeps the deadline and writes, which nothing that computes can hold up, and the threads that compute.
fn runtimes(threads: usize) -> io::Result<(Runtime, Runtime)> {
    let clock = Builder::new_current_thread().enable_time().build()?;
    let engine = Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(threads)
        .thread_stack_size(STACK_BYTES)
        .build()?;
    Ok((clock, engine))
}

/// The statement from text to its last row. Returns how many rows there were.
async fn job(
    sql: String,
    stored: Stored,
    limits: Limits,
    threads: usize,
    sender: Sender<Part>,
) -> Result<u64, Refusal> {
    let files = stored.files();
    let run = async {
        let statement = statement::parse(&sql, limits)?;
        let rows = engine::begin(statement, stored, limits, threads).await?;
        send(rows, limits, &sender).await
    };
    let ended = AssertUnwindSafe(run).catch_unwind().await;
    let refusal = match ended {
        Ok(Err(refusal)) if refusal.kind() == Kind::Engine => refusal,
        Ok(ended) => return ended,
        Err(_) => gave_up(),
    };
    // Where the reader of files failed, the lake says which file it was.
    let damaged = files.iter().find_map(|file| file.check().err());
    Err(damaged.map_or(refusal, |e| Refusal::from(&e)))
}

fn gave_up() -> Refusal {
    Refusal::engine("the engine gave up on this statement")
}

/// What passes from the engine to the pipe.
enum Part {
    Columns(Frame),
    Rows(RecordBatch),
}

/// Takes rows from the engine up to the limit. Returns how many there were.
async fn send(
    mut rows: datafusion::execution::SendableRecordBatchStream,
    limits: Limits,
    sender: &Sender<Part>,
) -> Result<u64, Refusal> {
    let schema = rows.schema();
    let columns = schema.fields().iter().map(|field| render::column(field));
    let mut parts = vec![Part::Columns(Frame::Columns(columns.collect()))];
    let mut count = 0;
    loop {
        for part in parts.drain(..) {
            // Without a receiver the answer has ended otherwise.
            if sender.send(part).await.is_err() {
                return Ok(count);
            }
        }
        let Some(batch) = rows.next().await else {
            return Ok(count);
        };
        let batch = batch.map_err(|e| Refusal::running(&e, limits))?;
        count += batch.num_rows() as u64;
        if count > limits.rows_max {
            return Err(Refusal::rows(limits));
        }
        let starts = (0..batch.num_rows()).step_by(FRAME_ROWS);
        let slice = |at: usize| batch.slice(at, FRAME_ROWS.min(batch.num_rows() - at));
        parts.extend(starts.map(slice).map(Part::Rows));
    }
}

/// Writes what comes, until the engine is done.
async fn write(
    mut receiver: Receiver<Part>,
    limits: Limits,
    output: &mut Counted<impl Write>,
) -> Result<(), End> {
    while let Some(part) = receiver.recv().await {
        match part {
            Part::Columns(frame) => write_frame(output, &frame).map_err(|e| unwritten(&e))?,
            Part::Rows(batch) => {
                let rows = render::rows(&batch).map_err(|e| Refusal::computing(&e, limits))?;
                write_rows(output, rows)?;
            }
        }
    }
    Ok(())
}

/// Writes rows as one frame, or as two where they are too long for one.
fn write_rows(
    output: &mut Counted<impl Write>,
    rows: Vec<Vec<serde_json::Value>>,
) -> Result<(), End> {
    if output.bytes + FRAME_BYTES_MAX as u64 > ANSWER_BYTES_MAX as u64 {
        let most = ANSWER_BYTES_MAX >> 20;
        let detail =
            format!("the answer has more than {most} MiB; name fewer columns or add a LIMIT");
        return Err(Refusal::new(Kind::Rows, detail).into());
    }
    let frame = Frame::Rows(rows);
    match (write_frame(output, &frame), frame) {
        (Ok(()), _) => Ok(()),
        (Err(WireError::Long(_)), Frame::Rows(mut rows)) if rows.len() > 1 => {
            let second = rows.split_off(rows.len() / 2);
            write_rows(output, rows)?;
            write_rows(output, second)
        }
        (Err(e), _) => Err(unwritten(&e)),
    }
}

fn unwritten(e: &WireError) -> End {
    match e {
        WireError::Long(bytes) => Refusal::new(
            Kind::Rows,
            format!("a row of the answer has {bytes} bytes; name fewer columns or aggregate less into one value"),
        )
        .into(),
        _ => End::Pipe,
    }
}

/// Counts what is written.
struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
