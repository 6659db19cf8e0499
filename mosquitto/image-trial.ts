/** How the script below exits where the broker of the image was ended by what it was sent. */
export const ENDED = 3;

/** How it exits where the image lacks what the trial takes, so that nothing is known of it. */
export const NOT_TRIED = 4;

const PORT = 8083;

/**
 * The script that tries whether an image's broker outlives malformed WebSocket frames, on a throwaway broker that nobody
 * else reaches.
 *
 * Mosquitto 2.1.2 as it is released writes past the end of an allocation where a frame has no payload (lib/net_ws.c), so
 * that whoever reaches ws or wss can end it without an account. RFC 6455, 5.2 allows such a frame. The last frame here is
 * as long as the broker takes, so that what is written does not stay unseen.
 *
 * busybox has the network client in Debian's and Alpine's images, whatever commands are linked to it.
 */
export const imageTrialScript = `set -eu
cd /tmp
printf 'listener ${PORT} 127.0.0.1\\nprotocol websockets\\nallow_anonymous false\\nlog_type error\\n' >trial.conf
(mosquitto -c trial.conf; echo "exit code $?" >ended) &
if ! busybox nc --help 2>&1 | grep -q 'Usage: nc'; then exit ${NOT_TRIED}; fi
frames() {
  printf 'GET /mqtt HTTP/1.1\\r\\nHost: localhost\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n'
  printf 'Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Protocol: mqtt\\r\\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\\r\\n\\r\\n'
  sleep 0.2
  # A CONNECT that lacks its last byte, a frame without payload, and a long one; the masks are 0.
  printf '\\202\\206\\0\\0\\0\\0\\020\\005\\0\\004MQ'
  sleep 0.1
  printf '\\202\\200\\0\\0\\0\\0\\202\\377\\0\\0\\0\\0\\0\\200\\0\\0\\0\\0\\0\\0'
  head -c 8388608 /dev/zero
  sleep 0.3
}
reaches() { timeout 2 busybox nc 127.0.0.1 ${PORT} </dev/null >/dev/null 2>&1; }
send() { frames | timeout 4 busybox nc 127.0.0.1 ${PORT} 2>/dev/null | head -n 1; }
attempt=0
until reaches; do
  attempt=$((attempt + 1))
  if [ -e ended ] || [ "$attempt" -ge 200 ]; then exit ${NOT_TRIED}; fi
  sleep 0.05
done
answered=$(send)
for again in 1 2 3; do
  if [ -e ended ]; then exit ${ENDED}; fi
  send >/dev/null
done
sleep 0.1
if [ -e ended ] || ! reaches; then exit ${ENDED}; fi
case $answered in *' 101 '*) ;; *) exit ${NOT_TRIED} ;; esac
`;
