//! `--metrics-listen`: health and metrics over TCP, for scrapers that cannot use a socket file.

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
use crate::tcp_listener::TcpAddress;
use crate::telemetry::Event;
use crate::worker::Worker;
use crate::worker::stream::Stream;

/// Most connections at a time; one more ends the oldest.
const MAX_CONNECTIONS: usize = 8;

/// Pause after a failed accept, for example without free descriptors.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Serves on the main thread, until another daemon has taken over and needs the address; within a `LocalSet`.
pub async fn serve(address: TcpAddress, shared: Arc<Shared>) {
    let accept = async {
        match address.listener(&*shared.observer).await {
            Ok(listener) => accept(listener, &shared).await,
            Err(error) => shared.observer.event(Event::AcceptFailed(&error)),
        }
    };
    tokio::select! {
        () = shared.retired() => {}
        () = accept => {}
    }
}

async fn accept(listener: TcpListener, shared: &Arc<Shared>) {
    let worker = Worker::new(Arc::clone(shared), shared.main_thread());
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
                        () = serve_http(worker, Stream::Tcp(stream), &[], Access::Monitoring, None) => {}
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
