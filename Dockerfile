# Built as everybody builds it, by the script of `npm run build`; shipped without a shell or a package manager, and run
# by a user who owns nothing but /data. Start it with a volume there: docker run -p 3000:3000 -v rushbox:/data rushbox

FROM node:22-bookworm-slim AS build
WORKDIR /src
# What changes rarely first: the dependencies are installed again only when the lock file changes.
COPY package.json package-lock.json ./
COPY .ci/bun .ci/bun
RUN sh .ci/bun --version
COPY . .
RUN sh .ci/bun .ci/build.ts
RUN mkdir /empty

# The binary needs glibc (libc, libpthread, libdl, libm) and nothing else.
FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /src/dist/rushbox /rushbox
# A new volume takes the owner of the folder that it covers.
COPY --from=build --chown=65532:65532 /empty /data
ENV RUSHBOX_DATA=/data RUSHBOX_HOST=0.0.0.0
USER 65532:65532
VOLUME /data
EXPOSE 3000
# Graceful: what is under way is answered and stored, within the ten seconds that Docker gives.
STOPSIGNAL SIGTERM
# A large sale may take its time to recover; the port opens only after that.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 CMD ["/rushbox", "health"]
ENTRYPOINT ["/rushbox"]
CMD ["serve"]
