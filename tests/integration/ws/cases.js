// Plays the cases of cases.json with `ws` and prints {"number", "outcome"} a line.
//
//   node cases.js ws://127.0.0.1:PORT/ws wss://localhost:PORT/ws root.pem
'use strict';

const fs = require('fs');
const zlib = require('zlib');
const {WebSocket, Sender} = require('ws');

const [plain, secure, authority] = process.argv.slice(2);
const kDeadlineMs = 20000 * Number(process.env.CONCLAVE_SLOW_FACTOR || 1);
const kLimit = 65536;

// One connection: what arrives is kept in order until somebody waits for it.
class Line {
  constructor(url, protocols, options = {}) {
    this.arrived = [];
    this.waiting = null;
    this.socket = new WebSocket(url, protocols, {perMessageDeflate: false, ...options});
    this.socket.on('message', (data, binary) => {
      this.take(binary ? {kind: 'binary'} : {kind: 'text', frame: JSON.parse(data)});
    });
    this.socket.on('pong', (data) => this.take({kind: 'pong', data}));
    this.socket.on('close', (code) => this.take({kind: 'close', code}));
    this.socket.on('unexpected-response', (request, response) => {
      this.take({kind: 'refused', status: response.statusCode});
      request.destroy();
    });
    this.socket.on('error', (error) => this.take({kind: 'error', error}));
  }

  take(event) {
    if (this.waiting) {
      const wake = this.waiting;
      this.waiting = null;
      wake(event);
    } else {
      this.arrived.push(event);
    }
  }

  next() {
    if (this.arrived.length > 0) return Promise.resolve(this.arrived.shift());
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  // A frame as the bytes say, past the library's own checks.
  raw(payload, options) {
    const frame = {mask: true, readOnly: false, rsv1: false, ...options};
    for (const part of Sender.frame(payload, frame)) this.socket._socket.write(part);
  }
}

async function open(options = {}, protocols = ['conclave.v1'], url = plain) {
  const line = new Line(url, protocols, options);
  const first = await line.next();
  if (first.kind !== 'text' || first.frame.method !== 'session.hello')
    throw new Error(`no hello but ${JSON.stringify(first)}`);
  return line;
}

function request(id, size = 0) {
  const text = JSON.stringify({jsonrpc: '2.0', id, method: 'session.ping', params: {}});
  return text.slice(0, -1) + ' '.repeat(Math.max(0, size - text.length)) + '}';
}

function text_of(event, id) {
  if (event.kind !== 'text') return event.kind === 'close' ? `close ${event.code}` : event.kind;
  if (event.frame.error) return `error ${event.frame.error.code}`;
  return event.frame.id === id ? 'answer' : `answer to ${event.frame.id}`;
}

async function answered(line, id) {
  return text_of(await line.next(), id);
}

// "open" when the connection serves another request, else how it ended.
async function after(line) {
  if (line.socket.readyState === WebSocket.OPEN) line.socket.send(request('after'));
  for (;;) {
    const event = await line.next();
    if (event.kind === 'error') continue;
    const said = text_of(event, 'after');
    if (said === 'answer to undefined') continue;
    if (said !== 'answer') return said;
    line.socket.close(1000);
    return 'open';
  }
}

// What the server says to this close; frames that came before do not count.
async function closed(line) {
  for (;;) {
    const event = await line.next();
    if (event.kind === 'close') return `close ${event.code}`;
  }
}

async function handshake(protocols, url = plain, options = {}) {
  const line = new Line(url, protocols, options);
  const first = await line.next();
  if (first.kind === 'refused') return `refused ${first.status}`;
  if (first.kind === 'error') throw first.error;
  const greeted = first.kind === 'text' && first.frame.method === 'session.hello';
  const hello = greeted ? 'hello' : first.kind;
  const said = `${line.socket.protocol}, ${hello}`;
  line.socket.close(1000);
  return said;
}

async function one_request(send) {
  const line = await open();
  send(line);
  return `${await answered(line, 'x')}, ${await after(line)}`;
}

async function only_close(send) {
  const line = await open();
  send(line);
  return closed(line);
}

// Signed in by a handle of CONCLAVE_WS_HANDLES, each good for once: strangers may ask only little.
const handles = (process.env.CONCLAVE_WS_HANDLES || '').split(' ');

async function signed_in() {
  const line = await open();
  const params = {handle: handles.pop()};
  line.socket.send(JSON.stringify({jsonrpc: '2.0', id: 'in', method: 'session.resume', params}));
  const said = await answered(line, 'in');
  if (said !== 'answer') throw new Error(`session.resume: ${said}`);
  return line;
}

async function in_a_row(line, count, name) {
  for (let i = 0; i < count; ++i) {
    line.socket.send(request(`${name}${i}`));
    // What the server tells a signed-in device by itself is no answer.
    let said = await answered(line, `${name}${i}`);
    while (said === 'answer to undefined') said = await answered(line, `${name}${i}`);
    if (said !== 'answer') throw new Error(`request ${i}: ${said}`);
  }
  return count;
}

const kFragments = {fin: false, binary: false};
const kLast = {fin: true, binary: false};

function in_three(line, between = () => {}) {
  const whole = request('x');
  line.socket.send(whole.slice(0, 9), kFragments);
  between();
  line.socket.send(whole.slice(9, 20), kFragments);
  between();
  line.socket.send(whole.slice(20), kLast);
}

const plays = {
  'ws 1': () => handshake(['conclave.v1']),
  'ws 2': () => handshake(['other', 'conclave.v1']),
  'ws 3': () => handshake(['other']),
  'ws 4': () => handshake([]),
  'ws 5': () => handshake(['conclave.v1'], plain.replace(/\/ws$/, '/elsewhere')),
  'ws 6': async () => {
    const line = await open({ca: fs.readFileSync(authority)}, ['conclave.v1'], secure);
    const tls = line.socket._socket.getProtocol();
    line.socket.send(request('x'));
    return `${line.socket.protocol}, hello, ${tls}, ${await answered(line, 'x')}`;
  },
  'ws 7': async () => {
    try {
      return await handshake(['conclave.v1'], secure);
    } catch (error) {
      const distrust = /CERT|SIGNATURE|SIGNED/.test(error.code);
      return distrust ? 'client refuses the certificate' : error.code;
    }
  },
  'ws 8': () => one_request((line) => in_three(line)),
  'ws 9': async () => {
    const line = await open();
    const whole = request('x');
    line.socket.send(whole.slice(0, 9), kFragments);
    line.socket.ping('between');
    line.socket.send(whole.slice(9), kLast);
    const pong = await line.next();
    const said = pong.kind === 'pong' && String(pong.data) === 'between' ? 'pong' : pong.kind;
    return `${said}, ${await answered(line, 'x')}, ${await after(line)}`;
  },
  'ws 10': () => one_request((line) => in_three(line, () => line.socket.pong('unasked'))),
  'ws 11': () => only_close((line) => {
    line.socket.send(request('x').slice(0, 9), kFragments);
    line.socket.close(1000);
  }),
  'ws 12': async () => {
    const line = await open();
    const said = [];
    for (const payload of ['', 'p'.repeat(125)]) {
      line.socket.ping(payload);
      const event = await line.next();
      said.push(event.kind === 'pong' && String(event.data) === payload ? 'pong' : event.kind);
    }
    return `${said.join(', ')}, ${await after(line)}`;
  },
  'ws 13': () => only_close((line) => line.raw(Buffer.alloc(126, 112), {fin: true, opcode: 9})),
  'ws 14': () => only_close((line) => line.socket.close(1000)),
  'ws 15': () => only_close((line) => line.socket.close(1001, 'leaving')),
  'ws 16': () => only_close((line) => line.socket.close(3000)),
  'ws 17': () => only_close((line) => line.socket.close(4999)),
  'ws 18': () => only_close((line) => line.socket.close()),
  'ws 19': () => only_close((line) => line.raw(Buffer.from([0x03, 0xed]), {fin: true, opcode: 8})),
  'ws 20': () => one_request((line) => line.socket.send(request('x', kLimit))),
  'ws 21': () => only_close((line) => line.socket.send(request('x', kLimit + 1))),
  'ws 22': () => only_close((line) => {
    const whole = request('x', kLimit + 1);
    line.socket.send(whole.slice(0, 40000), kFragments);
    line.socket.send(whole.slice(40000), kLast);
  }),
  'ws 23': () => only_close((line) => line.socket.send(Buffer.from(request('x')))),
  'ws 24': () => only_close((line) => line.socket.send(Buffer.from([34, 0xc3, 0x28, 34]), kLast)),
  'ws 25': () => only_close((line) => {
    line.socket.send('"begins well', kFragments);
    line.socket.send(Buffer.from([0xed, 0xa0, 0x80, 34]), kLast);
  }),
  'ws 26': async () => {
    const line = await open();
    const whole = Buffer.from(request('\u00e9'));
    const cut = whole.indexOf(0xa9);
    line.socket.send(whole.subarray(0, cut), kFragments);
    line.socket.send(whole.subarray(cut), kLast);
    return `${await answered(line, '\u00e9')}, ${await after(line)}`;
  },
  'ws 27': async () => {
    const line = await open({perMessageDeflate: true});
    line.socket.send(request('x', 4096));
    const taken = line.socket.extensions === '' ? 'no extension' : line.socket.extensions;
    return `${taken}, ${await answered(line, 'x')}, ${await after(line)}`;
  },
  'ws 28': async () => {
    const line = await open({perMessageDeflate: true});
    line.raw(zlib.deflateRawSync(request('x')), {fin: true, opcode: 1, rsv1: true});
    return closed(line);
  },
  'ws 29': async () => {
    const line = await signed_in();
    return `${await in_a_row(line, 1000, 'n')} answers, ${await after(line)}`;
  },
  'ws 30': async () => {
    const lines = await Promise.all(Array.from({length: 8}, signed_in));
    const counts = await Promise.all(lines.map((line, i) => in_a_row(line, 125, `c${i}n`)));
    for (const line of lines) line.socket.close(1000);
    return `${counts.reduce((sum, count) => sum + count)} answers`;
  },
  'ws 31': async () => {
    const line = await open();
    line.socket.send('no JSON');
    const first = await answered(line, 'x');
    line.socket.send(request('x'));
    return `${first}, ${await answered(line, 'x')}, ${await after(line)}`;
  },
};

function in_time(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no outcome in time')), kDeadlineMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function main() {
  for (const {number} of JSON.parse(fs.readFileSync(process.env.CONCLAVE_WS_CASES))) {
    let outcome;
    try {
      outcome = plays[number] ? await in_time(plays[number]()) : 'nobody plays this case';
    } catch (error) {
      outcome = `failed: ${error.message}`;
    }
    console.log(JSON.stringify({number, outcome}));
  }
  process.exit(0);
}

main();
