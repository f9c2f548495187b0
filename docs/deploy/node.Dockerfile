# The Node daemon in an image of Node and the package, without a shell: docs/deploy.md, which says when to use it.
#
#   docker build --tag sidelane-node --file docs/deploy/node.Dockerfile .
#
# SIDELANE is the version of the package.
ARG SIDELANE=0.1.0

FROM node:24-trixie-slim AS package
ARG SIDELANE
WORKDIR /app
RUN npm install --no-save --omit=dev --no-audit --no-fund "sidelane@$SIDELANE" \
  && node node_modules/sidelane/dist/daemon.js --version \
  && install --directory --owner=65532 --group=65532 --mode=0750 /folders/run /folders/crashes

FROM gcr.io/distroless/nodejs24-debian13:nonroot
COPY --from=package /app /app
COPY --from=package --chown=65532:65532 /folders/run /run/sidelane
COPY --from=package --chown=65532:65532 /folders/crashes /var/lib/sidelane
USER 65532:65532
ENV SIDELANED_SOCKET=/run/sidelane/sidelane.sock \
  SIDELANED_SOCKET_MODE=0660 \
  SIDELANED_CONTRACTS=/etc/sidelane/contracts \
  SIDELANED_CRASH_DIR=/var/lib/sidelane
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/node_modules/sidelane/dist/cli/main.js", "ping", "--socket", "/run/sidelane/sidelane.sock"]
ENTRYPOINT ["/nodejs/bin/node", "/app/node_modules/sidelane/dist/daemon.js"]
