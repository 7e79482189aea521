%% Lets a client in only with a certificate that the hub lists, compared as a whole.
%%
%% rabbitmq_trust_store recognises a certificate by its issuer's name and its serial number, and checks no signature
%% (rabbit_trust_store:is_whitelisted/1, in every version up to 4.1): whoever knows both, and everybody knows his own,
%% makes a certificate with them, a key of his own and another's common name, and is let in under that name. This plugin
%% stands behind the trust store: what that lets in has to be equal to the certificate that it holds under this number.

-module(imi_trust).
-export([install/0, verify/3]).

-rabbit_boot_step({?MODULE,
                   [{description, "certificates are compared as a whole"},
                    {mfa, {?MODULE, install, []}},
                    {requires, rabbit_trust_store},
                    {enables, networking}]}).

install() ->
    {ok, Options} = application:get_env(rabbit, ssl_options),
    {verify_fun, {_, State}} = lists:keyfind(verify_fun, 1, Options),
    Verify = {verify_fun, {fun ?MODULE:verify/3, State}},
    ok = application:set_env(rabbit, ssl_options, lists:keystore(verify_fun, 1, Options, Verify)).

%% `valid` speaks of a certificate above the client's own; every other word that lets somebody in speaks of the client's.
verify(Certificate, valid, State) ->
    rabbit_trust_store:whitelisted(Certificate, valid, State);
verify(Certificate, Event, State) ->
    case rabbit_trust_store:whitelisted(Certificate, Event, State) of
        {valid, _} = Valid ->
            case is_listed(Certificate) of
                true -> Valid;
                false -> {fail, "certificate is not the one that is listed"}
            end;
        Other ->
            Other
    end.

is_listed(Certificate) ->
    Listed = ets:lookup(trust_store_whitelist, id(Certificate)),
    lists:any(fun(Entry) -> lists:any(fun(Field) -> is_same(Field, Certificate) end, tuple_to_list(Entry)) end, Listed).

%% The entry holds the certificate in DER; which of its fields that is depends on the version of the trust store.
is_same(Der, Certificate) when is_binary(Der) ->
    try public_key:pkix_decode_cert(Der, otp) =:= Certificate
    catch _:_ -> false
    end;
is_same(_, _) ->
    false.

%% As the trust store numbers it.
id(Certificate) ->
    {Serial, Issuer} =
        case public_key:pkix_issuer_id(Certificate, other) of
            {ok, Other} -> Other;
            {error, _} -> {ok, Own} = public_key:pkix_issuer_id(Certificate, self), Own
        end,
    {Issuer, Serial}.
