// An SMSC on loopback, built on npm's `smpp`. Commands come as JSON lines on stdin, what happens goes out as JSON
// lines on stdout; it ends with its stdin.
//   node smsc.js FOLDER-OF-node_modules [KEY.pem CERTIFICATE.pem]
'use strict'
const fs = require('fs')
const path = require('path')
const readline = require('readline')

const [modules, key, certificate] = process.argv.slice(2)
const smpp = require(path.join(modules, 'smpp'))

const behaviour = {
  password: 'secret', // anything else is refused
  bind_status: null, // refuse every bind so
  statuses: [], // of the next submits, in order; then 0
  ids: 'decimal', // or 'hex', as submit_sm_resp says them
  receipt_ids: 'decimal',
  receipts: 'none', // or 'after' or 'before' the answer
  receipt_tlvs: false, // ids and states in TLVs beside the text
  hold: 0, // answer so many submits together, the last one first
  silent: false, // answer no submit
  silent_enquiries: false,
  delay_ms: 0, // before each answer to a submit
  congestion: null,
  states: {}, // what query_sm is told, by id; other ids are refused
  silent_queries: false,
  quiet: false // say nothing about each submit
}
const sessions = new Set()
let next = 1000
let submitted = 0
let held = []

function say (event) {
  process.stdout.write(JSON.stringify(event) + '\n')
}

function id (number, base) {
  return base === 'hex' ? number.toString(16).toUpperCase().padStart(8, '0') : String(number)
}

function body (pdu) {
  const from = pdu.short_message && (pdu.short_message.message || pdu.short_message.message === '')
    ? pdu.short_message
    : {}
  const said = pdu.message_payload ? pdu.message_payload : from
  const message = said && said.message !== undefined ? said.message : said
  return {
    text: typeof message === 'string' ? message : null,
    octets: Buffer.isBuffer(message) ? message.toString('hex') : null,
    udh: from.udh ? Buffer.concat(Array.isArray(from.udh) ? from.udh : [from.udh]).toString('hex') : ''
  }
}

function bound (session, pdu) {
  const status = behaviour.bind_status !== null
    ? behaviour.bind_status
    : pdu.password === behaviour.password ? 0 : smpp.ESME_RINVPASWD
  session.send(pdu.response({ command_status: status, system_id: 'SMSC' }))
  if (status) return session.close()
  sessions.add(session)
  say({ event: 'bound', command: pdu.command, system_id: pdu.system_id, version: pdu.interface_version })
}

function answer (session, pdu, number, status) {
  const more = behaviour.congestion === null ? {} : { congestion_state: behaviour.congestion }
  session.send(pdu.response({ command_status: status, message_id: id(number, behaviour.ids), ...more }))
}

function receipt (session, pdu, number) {
  const name = id(number, behaviour.receipt_ids)
  const tlvs = behaviour.receipt_tlvs ? { receipted_message_id: name, message_state: 2 } : {}
  const text = `id:${name} sub:001 dlvrd:001 submit date:2611221201 done date:2611221202 stat:DELIVRD err:000 text:`
  session.deliver_sm({
    esm_class: 4,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    data_coding: 0,
    short_message: Buffer.from(behaviour.receipt_tlvs ? '' : text),
    ...tlvs
  }, (response) => say({ event: 'deliver_resp', ref: 'receipt', status: response.command_status }))
}

function finish (session, pdu, number) {
  const status = behaviour.statuses.length ? behaviour.statuses.shift() : 0
  if (!status && behaviour.receipts === 'before') receipt(session, pdu, number)
  answer(session, pdu, number, status)
  if (!status && behaviour.receipts === 'after') receipt(session, pdu, number)
}

function submit (session, pdu) {
  const number = next++
  submitted++
  if (!behaviour.quiet) {
    say({
      event: 'submit',
      id: number,
      source: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr],
      destination: [pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr],
      esm_class: pdu.esm_class,
      data_coding: pdu.data_coding,
      registered_delivery: pdu.registered_delivery,
      service_type: pdu.service_type,
      sar: pdu.sar_total_segments ? [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum] : null,
      payload: pdu.message_payload !== undefined,
      own_tlv: pdu[0x1400] ? pdu[0x1400].toString('hex') : null,
      ...body(pdu)
    })
  }
  if (behaviour.silent) return
  if (behaviour.hold) {
    held.push(() => finish(session, pdu, number))
    if (held.length >= behaviour.hold) held.splice(0).reverse().forEach((one) => one())
  } else if (behaviour.delay_ms) {
    setTimeout(() => finish(session, pdu, number), behaviour.delay_ms)
  } else {
    finish(session, pdu, number)
  }
}

function serve (session) {
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(kind, (pdu) => bound(session, pdu))
  }
  session.on('submit_sm', (pdu) => submit(session, pdu))
  session.on('query_sm', (pdu) => {
    say({ event: 'query', id: pdu.message_id, source: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr] })
    if (behaviour.silent_queries) return
    const state = behaviour.states[pdu.message_id]
    const status = state === undefined ? smpp.ESME_RQUERYFAIL : 0
    const found = { message_id: pdu.message_id, final_date: '261122120200004+', message_state: state, error_code: 0 }
    session.send(pdu.response(status ? { command_status: status } : found))
  })
  session.on('enquire_link', (pdu) => {
    say({ event: 'enquire_link' })
    if (!behaviour.silent_enquiries) session.send(pdu.response())
  })
  session.on('enquire_link_resp', () => say({ event: 'enquire_link_resp' }))
  session.on('unbind', (pdu) => {
    say({ event: 'unbind' })
    session.send(pdu.response())
    session.close()
  })
  session.on('unbind_resp', () => say({ event: 'unbind_resp' }))
  session.on('close', () => { sessions.delete(session); say({ event: 'closed' }) })
  session.on('error', (error) => say({ event: 'error', what: String(error) }))
}

const commands = {
  set: (wanted) => Object.assign(behaviour, wanted),
  // `octets` (hexadecimal) is short_message as it is; `ref` comes back with the answer.
  deliver: ({ ref, octets, payload, ...fields }) => {
    if (octets !== undefined) fields.short_message = Buffer.from(octets, 'hex')
    if (payload !== undefined) fields.message_payload = Buffer.from(payload, 'hex')
    for (const session of sessions) {
      session.deliver_sm(fields, (pdu) => say({ event: 'deliver_resp', ref, status: pdu.command_status }))
    }
  },
  data: ({ ref, payload, ...fields }) => {
    for (const session of sessions) {
      session.data_sm({ ...fields, message_payload: Buffer.from(payload, 'hex') },
        (pdu) => say({ event: 'deliver_resp', ref, status: pdu.command_status }))
    }
  },
  raw: (octets) => { for (const session of sessions) session.socket.write(Buffer.from(octets, 'hex')) },
  release: () => { held.splice(0).forEach((one) => one()) },
  enquire: () => { for (const session of sessions) session.enquire_link() },
  unbind: () => { for (const session of sessions) session.unbind() },
  drop: () => { for (const session of sessions) session.destroy() },
  count: () => say({ event: 'count', submitted })
}

const options = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) } : {}
const server = smpp.createServer(options, serve)
server.listen(0, '127.0.0.1', () => say({ event: 'ready', port: server.address().port }))
readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line)
    for (const name of Object.keys(command)) commands[name](command[name])
  })
  .on('close', () => process.exit(0))
