//! `--metrics-listen`: health and metrics over TCP, for scrapers that cannot use a socket file.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::protocol::http::{self, Access};
use crate::shared::Shared;
use crate::telemetry::{Event, Shed};

/// Scrapers at a time; one more is turned away.
const MOST: usize = 8;

/// A system that is out of descriptors is not asked again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens there; within a runtime.
///
/// # Errors
///
/// Where, and why not.
pub fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    });
    listener.map_err(|error| format!("Cannot listen on {address}: {error}"))
}

/// Serves for ever, beside all else that the thread does; within a `LocalSet`.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(MOST));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    let access = Access::Health(Arc::clone(&shared));
                    spawn_local(async move {
                        http::serve(stream, Vec::new(), access).await;
                        drop(place);
                    });
                }
                Err(_) => {
                    shared.observer.shed(shared.threads(), Shed::Connections);
                    shared.observer.event(&shared, Event::Refused("connections"));
                }
            },
            Err(error) => {
                shared.observer.event(&shared, Event::AcceptFailed(&error));
                sleep(PAUSE).await;
            }
        }
    }
}
