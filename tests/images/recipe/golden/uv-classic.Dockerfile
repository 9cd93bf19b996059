FROM python:3.11 AS modelport-base
RUN true

FROM modelport-base AS modelport-tools
USER 0
COPY modelport/tools/ /modelport/tools/

FROM modelport-tools AS modelport-python-3.12
RUN ["/bin/sh", "/modelport/tools/get_python.sh", "3.12", "/opt/modelport/python-3.12"]

FROM modelport-tools AS modelport-server
COPY modelport/server/ /modelport/server/
RUN ["/bin/sh", "/modelport/tools/install.sh", "server", "/usr/bin/python3"]

FROM modelport-tools AS modelport-env
COPY --from=modelport-python-3.12 /opt/modelport/python-3.12 /opt/modelport/python-3.12
COPY modelport/env/ /modelport/env/
RUN ["/bin/sh", "/modelport/tools/install.sh", "env", "/opt/modelport/python-3.12/bin/python3.12"]

FROM modelport-base
USER 0
RUN ["/bin/sh", "-c", "set -eu; mkdir -p /opt/modelport /var/azureml-app/azureml-models /var/lib/modelport /tmp /mnt; chmod 1777 /tmp; chown 10001:10001 /var/lib/modelport; grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'modelport:x:10001:10001::/tmp:/bin/bash' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'modelport:x:10001:' >> /etc/group; test -x /bin/bash"]
COPY --from=modelport-python-3.12 /opt/modelport/python-3.12 /opt/modelport/python-3.12
COPY --from=modelport-server /opt/modelport/server /opt/modelport/server
COPY --from=modelport-env /opt/modelport/env /opt/modelport/env
ENV PATH="/opt/modelport/env/bin:$PATH" HOME="/tmp" LANG="C.UTF-8"
WORKDIR /var/azureml-app
USER 10001:10001
EXPOSE 5001
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s --retries=3 CMD ["/opt/modelport/server/bin/python", "-I", "-m", "modelport.server.health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/modelport/server/bin/python", "-I", "-m", "modelport.server.in_image"]
CMD []
COPY modelport/models/deep-10/ /var/azureml-app/azureml-models/
COPY modelport/models/iris-2/ /var/azureml-app/azureml-models/
COPY modelport/app/ /var/azureml-app/
COPY modelport/service/ /opt/modelport/
LABEL "dev.modelport.models"="deep:10,iris:2" \
      "org.opencontainers.image.title"="a \"quoted\" \$NAME \\"
