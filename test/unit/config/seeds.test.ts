import { describe, expect, it } from 'vitest';

import { load, show } from './temporary-project.js';

/** The examples with which this tool was first described, as its users have them. */
const NODES = `nodes:
  node1:
    host: "YOUR_ACTUAL_IP"              # 替换为实际IP地址
    username: "root"                    # 替换为实际用户名
    password: "\${NODE1_PASSWORD}"       # 设置环境变量
    enabled: true
    docker_compose_path: "/opt/inference"
    results_path: "/opt/benchmark/results"
`;
const SCENARIOS = `execution:
  scenarios_root: "config/scenarios"   # 场景根目录
  execution_mode: "custom"
  custom_order:
    - name: "baseline_test"
      directory: "001_baseline"
      enabled: true
      description: "基线性能测试"

execution_config:
  # 结果收集默认模式
  default_collection_mode: "standard"

  # 并发部署配置
  concurrent_deployment:
    max_concurrent_services: 5
    max_concurrent_health_checks: 10
    deployment_timeout: 600
    health_check_timeout: 300

  retry_strategy:
    # 服务级重试次数（建议1-3）
    service_level_retries: 2

    # 重试间隔时间（秒，建议15-60）
    retry_delay: 30

    # 只重试失败的服务（推荐开启）
    retry_only_failed: true

filters:
  include_tags: ["performance"]
  only_scenarios: ["baseline_test"]

inter_scenario:
  wait_between_scenarios: 120
  continue_on_failure: true
  retry_count: 1
`;
const DEFAULTS = `# 服务健康检查配置
service_health_check:
  enabled: true
  strategy: "standard"  # quick | standard | thorough
  startup_timeout: 200  # 服务启动超时（秒）
  max_retries: 4        # 最大重试次数

# 测试执行配置
test_execution:
  timeout: 2400         # 测试超时时间（秒）
  node: "local"         # 执行节点: local | remote | auto
`;
const METADATA = `name: "baseline_test"
description: "基线性能测试"
estimated_duration: 1800
tags: ["performance", "baseline"]
resource_requirements:
  min_gpu_memory: "24GB"
  min_nodes: 2

# 测试执行配置
test_execution:
  node: "local"
  script: "run_test.sh"
  timeout: 2400
  result_paths: ["results/"]
  # 结果收集模式 (basic/standard/comprehensive)
  collection_mode: "standard"
`;
const COMPOSE = `services:
  p-1:
    image: "inference-engine:latest"
    ports:
      - "18008:8000"
  d-1:
    image: "data-processor:latest"
    ports:
      - "18009:8001"
`;
const TEST_CONFIG = `{
  "base_url": "http://10.112.0.201:18008",
  "model": "/data/Qwen3-235B-A22B",
  "num_prompts": 1000,
  "max_concurrency": 20,
  "metadata": { "scenario": "baseline_test", "gpu_num": 4 }
}
`;
const FILES = {
  'config/nodes.yaml': NODES,
  'config/scenarios.yaml': SCENARIOS,
  'config/defaults.yaml': DEFAULTS,
  'config/scenarios/001_baseline/metadata.yaml': METADATA,
  'config/scenarios/001_baseline/docker-compose.yml': COMPOSE,
  'config/scenarios/001_baseline/test_config.json': TEST_CONFIG,
  'config/scenarios/001_baseline/run_test.sh': '#!/bin/bash\n',
};

describe('the first project', () => {
  it('loads as it is', async () => {
    const loaded = await load(FILES, { NODE1_PASSWORD: 'your_password' });
    expect(loaded.problems.map(show)).toEqual([
      'config/scenarios/001_baseline/metadata.yaml:7:14 warning resource_requirements.min_nodes: the scenario needs 2 nodes, and only 1 is enabled',
    ]);
    expect(loaded.project).toMatchObject({
      executionMode: 'custom',
      secrets: ['your_password'],
      interScenario: { waitBetweenScenariosMs: 120_000 },
    });
    expect(loaded.project?.scenarios).toMatchObject([
      {
        name: 'baseline_test',
        directory: '001_baseline',
        description: '基线性能测试',
        estimatedDurationMs: 1_800_000,
        tags: ['performance', 'baseline'],
        resourceRequirements: { minGpuMemoryBytes: 24e9, minNodes: 2 },
        services: [
          {
            id: 'p-1',
            node: 'node1',
            runtime: 'docker',
            readiness: { type: 'none', timeoutMs: 200_000 },
          },
          { id: 'd-1', node: 'node1', process: null },
        ],
        nodes: ['node1'],
        testExecution: {
          node: 'controller',
          timeoutMs: 2_400_000,
          resultPaths: [{ path: 'results', kind: 'directory', isAbsolute: false }],
        },
        retryStrategy: { scenarioLevelRetries: 1 },
        testConfig: 'test_config.json',
      },
    ]);
  });

  it('takes the other layout of services and the older names too', async () => {
    const loaded = await load(
      {
        ...FILES,
        'config/scenarios.yaml': SCENARIOS.replace(
          '  concurrent_deployment:',
          '  concurrent_execution:',
        ),
        'config/scenarios/001_baseline/metadata.yaml': `${METADATA}
deployment:
  services:
    # Batch 1: 基础服务（无依赖）
    - name: "redis"
      depends_on: []
    - name: "mysql"
      depends_on: []

    # Batch 2: 应用服务（依赖基础服务）
    - name: "user-service"
      depends_on: ["redis", "mysql"]
    - name: "order-service"
      depends_on: ["redis", "mysql"]

    # Batch 3: 网关服务（依赖应用服务）
    - name: "api-gateway"
      depends_on: ["user-service", "order-service"]
`,
        'config/scenarios/001_baseline/docker-compose.yml': `services:
  redis: { image: redis }
  mysql: { image: mysql }
  user-service: { image: user }
  order-service: { image: order }
  api-gateway: { image: gateway }
`,
      },
      { NODE1_PASSWORD: 'your_password' },
    );
    const [scenario] = loaded.project?.scenarios ?? [];
    expect(
      scenario?.services.map(({ id, dependsOn }) => [id, dependsOn.map((on) => on.service)]),
    ).toEqual([
      ['redis', []],
      ['mysql', []],
      ['user-service', ['redis', 'mysql']],
      ['order-service', ['redis', 'mysql']],
      ['api-gateway', ['user-service', 'order-service']],
    ]);
  });
});
