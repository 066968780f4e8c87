// Written by `cargo xtask generate` from the core's tables: change those.

import type { SelectableValue } from '@grafana/data';

/** Reconnect profiles with a name: how clients come back by the rules of their library. */
export const PRESETS: Array<SelectableValue<string>> = [
  {
    value: 'aws_iot_sdk',
    label: 'aws_iot_sdk',
    description: 'MQTT 5 clients of the AWS IoT Device SDKs v2: any time up to minReconnectDelayMs, 1 s',
  },
  {
    value: 'azure_iot_sdk',
    label: 'azure_iot_sdk',
    description: 'Azure IoT device SDKs for C#, Java and Node.js: the first retry is immediate',
  },
  {
    value: 'esp_mqtt',
    label: 'esp_mqtt',
    description: 'esp-mqtt of ESP-IDF: reconnect_timeout_ms, 10 s',
  },
  {
    value: 'exponential_backoff',
    label: 'exponential_backoff',
    description:
      'Exponential backoff with jitter, 1 s to 2 min: each wait is half to all of 1 s, 2 s, 4 s and so on. That one attempt in ten fails is our assumption',
  },
  {
    value: 'hivemq',
    label: 'hivemq',
    description: 'HiveMQ MQTT Client with automatic reconnect: 1 s, a quarter more or less',
  },
  {
    value: 'mobile_fleet',
    label: 'mobile_fleet',
    description:
      'A fleet on mobile networks, of which one client in fifty does not come while anybody waits. Our assumption, to be replaced by what you know of yours',
  },
  {
    value: 'mosquitto',
    label: 'mosquitto',
    description: 'libmosquitto in mosquitto_loop_forever or after mosquitto_loop_start: 1 s',
  },
  {
    value: 'mqtt_js',
    label: 'mqtt_js',
    description: 'MQTT.js: reconnectPeriod, 1 s',
  },
  {
    value: 'mqttnet',
    label: 'mqttnet',
    description:
      "MQTTnet's managed client: it looks at its connection once a second, ConnectionCheckInterval, and tries at once",
  },
  {
    value: 'node_red',
    label: 'node_red',
    description: 'Node-RED with the settings it comes with: mqttReconnectTime, 15 s',
  },
  {
    value: 'paho_c',
    label: 'paho_c',
    description: 'Eclipse Paho for C and C++ with automatic reconnect: minRetryInterval, 1 s',
  },
  {
    value: 'paho_java',
    label: 'paho_java',
    description: 'Eclipse Paho for Java with automatic reconnect: 1 s',
  },
  {
    value: 'paho_python',
    label: 'paho_python',
    description: 'Eclipse Paho for Python in loop_start or loop_forever: min_delay, 1 s',
  },
  {
    value: 'tasmota',
    label: 'tasmota',
    description: 'Tasmota: MqttRetry, 10 s',
  },
];
