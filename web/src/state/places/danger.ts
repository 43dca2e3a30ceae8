import { nothing, path, request } from "../../wire/http";

/** An organisation is in danger no more: its shelters are shown and take people in again. */
export const endDanger = (organisation: string): Promise<void> => request("POST", path`/_panah/v1/organisations/${organisation}/safe`, nothing, { body: {} });
