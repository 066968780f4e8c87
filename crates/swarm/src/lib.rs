//! A swarm of real MQTT clients that reconnect, publish and count.
