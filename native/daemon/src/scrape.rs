//! `--metrics-listen`: health and metrics over TCP, for scrapers that cannot use a socket file.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::http::{self, Door};
use crate::observe::{Event, Shed};
use crate::service::Service;

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
pub async fn serve(listener: TcpListener, service: Arc<Service>) {
    let places = Arc::new(Semaphore::new(MOST));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    let door = Door::Health(Arc::clone(&service));
                    spawn_local(async move {
                        http::serve(stream, Vec::new(), door).await;
                        drop(place);
                    });
                }
                Err(_) => {
                    service.observer.shed(service.threads(), Shed::Connections);
                    service.observer.event(&service, Event::Refused("connections"));
                }
            },
            Err(error) => {
                service.observer.event(&service, Event::AcceptFailed(&error));
                sleep(PAUSE).await;
            }
        }
    }
}
