//! A function as Lambda runs it: a process of its own that asks for one event after the other.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Path as Captured, State},
    http::{Response, StatusCode},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, mpsc},
};

/// A running function and the service it asks for events.
pub(crate) struct Process {
    child: Child,
    events: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<Value>,
    /// From the start of the process until it asked for its first event.
    pub(crate) started_in: Duration,
}

struct Service {
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    answers: mpsc::UnboundedSender<Value>,
    asked: mpsc::UnboundedSender<Instant>,
}

impl Process {
    pub(crate) async fn start(program: &Path, environment: &BTreeMap<String, String>) -> Self {
        let (events, waiting) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let (asked, mut first) = mpsc::unbounded_channel();
        let service = Service { events: Mutex::new(waiting), answers: answered, asked };
        let address = serve(Arc::new(service)).await;

        let begun = Instant::now();
        let child = Command::new(program)
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let started_in = first.recv().await.unwrap() - begun;
        Self { child, events, answers, started_in }
    }

    /// Hands it an event and waits for the answer.
    pub(crate) async fn handle(&mut self, event: Value) -> Value {
        self.events.send(event).unwrap();
        self.answers.recv().await.unwrap()
    }

    /// Processor time so far, its own and the system's for it.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/schedstat", self.child.id().unwrap()));
        let nanoseconds = stat.unwrap().split(' ').next().unwrap().parse().unwrap();
        Duration::from_nanos(nanoseconds)
    }

    /// The most memory it ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id().unwrap());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

async fn serve(service: Arc<Service>) -> String {
    let app = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
        .with_state(service);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn next(State(service): State<Arc<Service>>) -> Response<Body> {
    let _ = service.asked.send(Instant::now());
    let Some(event) = service.events.lock().await.recv().await else {
        return Response::builder().status(StatusCode::GONE).body(Body::empty()).unwrap();
    };
    Response::builder()
        .header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        .header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:0:function:bench")
        .header("Content-Type", "application/json")
        .body(Body::from(event.to_string()))
        .unwrap()
}

async fn answer(
    State(service): State<Arc<Service>>,
    _: Captured<String>,
    body: String,
) -> StatusCode {
    let _ = service.answers.send(serde_json::from_str(&body).unwrap_or(Value::Null));
    StatusCode::ACCEPTED
}

async fn failure(_: Captured<String>, body: String) -> StatusCode {
    panic!("the function failed: {body}");
}
