# One image for every process; compose.yaml says which one a container runs.
FROM python:3.11.17-slim-bookworm AS build
WORKDIR /waybill
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_PREFERENCE=only-system
COPY deploy/get_uv.py deploy/get_uv.py
RUN python deploy/get_uv.py /opt/tools
COPY pyproject.toml uv.lock ./
RUN /opt/tools/uv sync --locked --no-dev --no-install-project
COPY . .
RUN /opt/tools/uv sync --locked --no-dev --no-editable

FROM python:3.11.17-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home waybill \
    && install -d -o waybill /var/lib/waybill/files
WORKDIR /waybill
COPY --from=build /waybill/.venv .venv
COPY deploy/connected.py deploy/answers.py deploy/
ENV PATH=/waybill/.venv/bin:$PATH PYTHONUNBUFFERED=1
USER waybill
EXPOSE 8080 8081 8082
CMD ["python", "-m", "gateway"]
