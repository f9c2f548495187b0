//! `--metrics-listen`: health and metrics over TCP, for scrapers that cannot use a socket file.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::connection::serve_http;
use crate::evicting_set::EvictingSet;
use crate::protocol::http::route::Access;
use crate::shared::Shared;
use crate::telemetry::Event;
use crate::worker::Worker;
use crate::worker::stream::Stream;

/// Most connections at a time; one more ends the oldest.
const MAX_CONNECTIONS: usize = 8;

/// Pause after a failed accept, for example without free descriptors.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Listens on the address; within a runtime.
pub fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    });
    listener.map_err(|error| format!("Cannot listen on {address}: {error}"))
}

/// Serves forever, on the main thread; within a `LocalSet`.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let worker = Worker::new(Arc::clone(&shared), shared.main_thread());
    spawn_local(refresh_on_drain(Rc::clone(&worker)));
    let connections = EvictingSet::new(MAX_CONNECTIONS);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (member, evicts) = connections.enter();
                if evicts {
                    shared.refuse_connection(worker.thread);
                }
                let worker = Rc::clone(&worker);
                spawn_local(async move {
                    tokio::select! {
                        biased;
                        () = serve_http(worker, Stream::Tcp(stream), &[], Access::Monitoring) => {}
                        () = member.evicted() => {}
                    }
                });
            }
            Err(error) => {
                shared.observer.event(Event::AcceptFailed(&error));
                sleep(RETRY_INTERVAL).await;
            }
        }
    }
}

async fn refresh_on_drain(worker: Rc<Worker>) {
    worker.shared.draining().await;
    worker.refresh();
}
