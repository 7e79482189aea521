{application, imi_trust,
 [{description, "Certificates are compared as a whole"},
  {vsn, "1.0.0"},
  {modules, [imi_trust]},
  {registered, []},
  {applications, [kernel, stdlib, public_key, rabbit, rabbitmq_trust_store]},
  {broker_version_requirements, []}]}.
